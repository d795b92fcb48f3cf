import { inflateSync } from 'node:zlib';
import { VerifierFault } from './fault.js';

const MAX_ATTACHMENT_BYTES = 8 * 1024 * 1024;
const EMBEDDED = /\/Type\s*\/EmbeddedFile/;

/** The receipt inside a PDF of ours: the first embedded file that is a share document or a bundle. */
export function readAttachment(pdf: Buffer): string {
  const text = pdf.toString('latin1');
  for (const match of text.matchAll(/stream\r?\n/g)) {
    const dictionary = text.slice(Math.max(0, text.lastIndexOf(' obj', match.index)), match.index);
    if (!EMBEDDED.test(dictionary)) continue;
    const start = match.index + match[0].length;
    const end = text.indexOf('endstream', start);
    if (end < 0) break;
    const content = decode(pdf.subarray(start, end), dictionary.includes('/FlateDecode'));
    if (content?.trimStart().startsWith('{') === true) return content;
  }
  throw new VerifierFault('malformed', 'the PDF has no receipt attached');
}

function decode(bytes: Buffer, deflated: boolean): string | undefined {
  try {
    return (deflated ? inflateSync(bytes, { maxOutputLength: MAX_ATTACHMENT_BYTES }) : bytes).toString('utf8');
  } catch {
    return undefined;
  }
}
