import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** The fonts of a page that is printed: only what its text needs, so that a name in any script is shown, not blank. */
export interface PrintFonts {
  /** Font faces as data, and the rule that uses them for everything. The same text gets the same style. */
  styleFor(text: string): Promise<string>;
}

/** A font package: one family, cut into subsets that its unicode.json lists with their ranges. */
interface Source {
  readonly name: string;
  /** Subsets to use; all where absent. Other subsets repeat what the first source has, or promise what no file holds. */
  readonly subsets?: readonly string[];
  /** Files for each weight, where the package has no variable font. */
  readonly weights?: readonly number[];
  /** Its ranges name characters that its files lack, so later sources are asked for the same ones too. */
  readonly overstates?: true;
}
interface Face {
  readonly source: Source;
  readonly subset: string;
  readonly range: string;
}

const require = createRequire(import.meta.url);

/** First for what all scripts share: digits, punctuation, spaces. */
const BASE: Source = { name: 'noto-sans', weights: [400, 700] };
const script = (name: string): Source => ({ name: `noto-sans-${name}`, subsets: [name] });
const SCRIPTS: readonly Source[] = [
  ...['arabic', 'hebrew', 'thai', 'bengali', 'gurmukhi', 'gujarati', 'oriya', 'tamil', 'telugu', 'kannada'].map(script),
  ...['malayalam', 'sinhala', 'lao', 'khmer', 'georgian', 'armenian', 'ethiopic', 'thaana'].map(script),
  { name: 'noto-sans-myanmar', subsets: ['myanmar'], weights: [400, 700] },
];
const CHINESE: Source = { name: 'noto-sans-sc', overstates: true };
const JAPANESE: Source = { name: 'noto-sans-jp' };
const KOREAN: Source = { name: 'noto-sans-kr' };
const EMOJI: Source = { name: 'noto-emoji' };
const SYMBOLS: Source = { name: 'noto-sans-symbols-2', subsets: ['symbols', 'math', 'braille'], weights: [400] };

/** Han characters look different in each country; other characters beside them tell which shape is meant. */
function inOrder(text: string): readonly Source[] {
  const han = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
    ? [JAPANESE, CHINESE, KOREAN]
    : /\p{Script=Hangul}/u.test(text)
      ? [KOREAN, JAPANESE, CHINESE]
      : [CHINESE, JAPANESE, KOREAN];
  return [BASE, ...SCRIPTS, ...han, EMOJI, SYMBOLS];
}

/** Reads each list of ranges and each file once. */
export function createPrintFonts(): PrintFonts {
  const ranges = remember(async (path) => z.record(z.string(), z.string()).parse(JSON.parse(await readText(path))));
  const files = remember(async (path) => (await readFile(require.resolve(path))).toString('base64'));
  return {
    async styleFor(text) {
      const faces = await chooseFaces(text, (source) => ranges(`${folderOf(source)}/unicode.json`));
      const families = [...new Set([BASE.name, ...faces.map(({ source }) => source.name)])].map((name) => `"${name}"`);
      const rules = faces.flatMap((face) =>
        filesOf(face).map(async ({ weight, path }) => rule(face, weight, await files(path))),
      );
      return `*{font-family:${families.join(',')}!important}${(await Promise.all(rules)).join('')}`;
    },
  };
}

/** The faces that hold the characters of a text, by the ranges that their packages state. */
async function chooseFaces(
  text: string,
  rangesOf: (source: Source) => Promise<Readonly<Record<string, string>>>,
): Promise<readonly Face[]> {
  const wanted = new Set(Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const faces: Face[] = [];
  for (const source of inOrder(text)) {
    if (wanted.size === 0) break;
    const found: number[] = [];
    for (const [key, range] of Object.entries(await rangesOf(source))) {
      const subset = key.replace(/[[\]]/g, '');
      if (source.subsets?.includes(subset) === false) continue;
      const holds = within(range);
      const hits = [...wanted].filter(holds);
      if (hits.length > 0) faces.push({ source, subset, range });
      found.push(...hits);
    }
    if (source.overstates !== true) for (const codePoint of found) wanted.delete(codePoint);
  }
  return faces;
}

function within(range: string): (codePoint: number) => boolean {
  const spans = range.split(',').map((span) => {
    const [first = '', last = first] = span.trim().slice('U+'.length).split('-');
    return [parseInt(first, 16), parseInt(last, 16)] as const;
  });
  return (codePoint) => spans.some(([first, last]) => first <= codePoint && codePoint <= last);
}

const folderOf = ({ name, weights }: Source): string =>
  weights === undefined ? `@fontsource-variable/${name}` : `@fontsource/${name}`;

function filesOf({ source, subset }: Face): readonly { readonly weight: string; readonly path: string }[] {
  const file = (weight: string): string => `${folderOf(source)}/files/${source.name}-${subset}-${weight}-normal.woff2`;
  if (source.weights === undefined) return [{ weight: '100 900', path: file('wght') }];
  return source.weights.map(String).map((weight) => ({ weight, path: file(weight) }));
}

const rule = ({ source, range }: Face, weight: string, data: string): string =>
  `@font-face{font-family:"${source.name}";font-weight:${weight};src:url(data:font/woff2;base64,${data}) format("woff2");unicode-range:${range}}`;

const readText = (path: string): Promise<string> => readFile(require.resolve(path), 'utf8');

function remember<T>(load: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (path) => {
    const value = known.get(path) ?? load(path);
    known.set(path, value);
    return value;
  };
}
