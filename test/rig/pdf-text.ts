import { decodePDFRawStream, PDFArray, PDFDict, PDFDocument, PDFName, PDFRawStream } from '@cantoo/pdf-lib';

/**
 * What a PDF of Chromium's says, glyph after glyph as they stand on the page (so right-to-left words come reversed),
 * without spaces. A glyph that stands for no character, such as the box of a missing one, says nothing.
 */
export async function readPdfText(pdf: Uint8Array): Promise<string> {
  const document = await PDFDocument.load(pdf);
  return document
    .getPages()
    .map(({ node }) => {
      const fonts = node.Resources()?.lookupMaybe(PDFName.of('Font'), PDFDict);
      const content = node.Contents();
      return fonts && content ? readContent(contentOf(content), fonts) : '';
    })
    .join('')
    .replaceAll(/\s/g, '');
}

/** A font is chosen, glyphs are shown, or a span replaces the glyphs inside it with its ActualText. */
const TOKEN = /\/(F\d+) [\d.]+ Tf|<([0-9A-F]*)> Tj|\/ActualText <FEFF([0-9A-F]*)> >> BDC|(BDC|BMC)|(EMC)/g;

function readContent(content: string, fonts: PDFDict): string {
  let text = '';
  let letters = new Map<string, string>();
  const replaced: boolean[] = [];
  for (const [, font, shown, actual, begin, end] of content.matchAll(TOKEN)) {
    if (font !== undefined) letters = lettersOf(fonts.lookup(PDFName.of(font), PDFDict));
    if (shown !== undefined && !replaced.includes(true)) text += show(shown, letters);
    if (actual !== undefined) text += fromHex(actual);
    if (actual !== undefined || begin !== undefined) replaced.push(actual !== undefined);
    if (end !== undefined) replaced.pop();
  }
  return text;
}

/** The ToUnicode map of a font: glyph code, as hex, to text. */
function lettersOf(font: PDFDict): Map<string, string> {
  const [, map = ''] = contentOf(font.lookup(PDFName.of('ToUnicode'))).split('endcodespacerange');
  const letters = new Map<string, string>();
  for (const [, first = '', last, to = ''] of map.matchAll(/^<([0-9A-F]+)> (?:<([0-9A-F]+)> )?<([0-9A-F]+)>$/gm)) {
    const count = last === undefined ? 1 : parseInt(last, 16) - parseInt(first, 16) + 1;
    for (let i = 0; i < count; i++) {
      const code = (parseInt(first, 16) + i).toString(16).toUpperCase().padStart(first.length, '0');
      letters.set(code, i === 0 ? fromHex(to) : String.fromCodePoint(parseInt(to, 16) + i));
    }
  }
  return letters;
}

function show(hex: string, letters: Map<string, string>): string {
  const width = [...letters.keys()][0]?.length ?? 2;
  return (hex.match(new RegExp(`.{${String(width)}}`, 'g')) ?? []).map((code) => letters.get(code) ?? '').join('');
}

const fromHex = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le');

function contentOf(value: unknown): string {
  if (value instanceof PDFRawStream) return Buffer.from(decodePDFRawStream(value).decode()).toString('latin1');
  if (value instanceof PDFArray)
    return value
      .asArray()
      .map((_, i) => contentOf(value.lookup(i)))
      .join('\n');
  return '';
}
