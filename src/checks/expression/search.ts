import type { Budget } from './budget.js';

/** Up to here the native search keeps tables of the whole part and so reads a text about once. */
const SHORT_CHARACTERS = 250;

/**
 * Whether a text contains a part. A long part is looked for after Knuth, Morris and Pratt, since the native search
 * takes the product of both lengths where text and part repeat themselves.
 */
export function includes(text: string, part: string, budget: Budget): boolean {
  if (part.length <= SHORT_CHARACTERS) return text.includes(part);
  if (part.length > text.length) return false;
  budget.charge((text.length + part.length) >> 5);
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    matched = longer(part, borders, matched, text.charCodeAt(at));
    if (matched === part.length) return true;
  }
  return false;
}

/** For each beginning of the part, how much of it is also its own end. */
function bordersOf(part: string): Uint32Array {
  const borders = new Uint32Array(part.length);
  for (let at = 1; at < part.length; at += 1) {
    borders[at] = longer(part, borders, borders[at - 1] ?? 0, part.charCodeAt(at));
  }
  return borders;
}

/** How much of the part is matched after one more character. */
function longer(part: string, borders: Uint32Array, matched: number, code: number): number {
  let kept = matched;
  while (kept > 0 && part.charCodeAt(kept) !== code) kept = borders[kept - 1] ?? 0;
  return part.charCodeAt(kept) === code ? kept + 1 : 0;
}
