import type { Claim, EngineInputs } from './frozen.js';

/** The quotes, as they were claimed, that each readable piece of evidence says. */
export type Said = ReadonlyMap<string, ReadonlySet<string>>;

/** Places looked at closely over all quotes of a submission: bounds the time of one audit, the same on every machine. */
const MAX_COMPARED = 2 ** 18;
/** A place is looked at closely where as many characters have the sum that the quote begins with. */
const HEAD_CHARACTERS = 8;
const BASE = 0x01000193;
const BUCKETS = 2 ** 16;

/**
 * Looks for every quote in the evidence that it cites, wherever spacing, case and the shape of marks differ. Each text
 * is read once for all its quotes of one head length (Rabin and Karp), because a native search for each quote takes the
 * product of both lengths where both repeat themselves.
 */
export function findQuotes(claims: readonly Claim[], evidence: EngineInputs['evidence']): Said {
  const asked = new Map<string, Map<string, string[]>>();
  for (const { evidence_ids, quote } of claims) {
    if (quote === undefined) continue;
    const wanted = normalized(quote);
    for (const id of evidence_ids) append(within(asked, id), wanted, quote);
  }
  const budget = { comparisons: MAX_COMPARED };
  return new Map(
    evidence.flatMap(({ id, text }): [string, ReadonlySet<string>][] => {
      if (text === null) return [];
      const quotes = asked.get(id);
      return [[id, quotes ? occurring(normalized(text), quotes, budget) : new Set()]];
    }),
  );
}

function occurring(
  text: string,
  quotes: ReadonlyMap<string, readonly string[]>,
  budget: { comparisons: number },
): ReadonlySet<string> {
  const byLength = new Map<number, string[]>();
  for (const wanted of quotes.keys()) append(byLength, Math.min(wanted.length, HEAD_CHARACTERS), wanted);
  const found = [...byLength].flatMap(([head, wanted]) => readOnce(text, wanted, head, budget));
  return new Set(found.flatMap((wanted) => quotes.get(wanted) ?? []));
}

/** One pass over a text for all quotes that are told apart by their first characters. */
function readOnce(
  text: string,
  wanted: readonly string[],
  head: number,
  budget: { comparisons: number },
): readonly string[] {
  if (head === 0) return wanted;
  const bySum = new Map<number, string[]>();
  const buckets = new Uint8Array(BUCKETS);
  for (const quote of wanted) {
    const sum = sumOf(quote, head);
    append(bySum, sum, quote);
    buckets[sum & (BUCKETS - 1)] = 1;
  }
  const found: string[] = [];
  const leaving = Array.from({ length: head }, () => BASE).reduce((product, base) => Math.imul(product, base), 1);
  let sum = sumOf(text, head);
  for (let at = 0; at + head <= text.length && bySum.size > 0; at += 1) {
    if (buckets[sum & (BUCKETS - 1)] === 1) meet(text, at, { bySum, sum, found, budget });
    sum = (Math.imul(sum, BASE) + text.charCodeAt(at + head) - Math.imul(leaving, text.charCodeAt(at))) | 0;
  }
  return found;
}

/** Compares the quotes that may begin at a place; what is found there is not looked for any more. */
function meet(
  text: string,
  at: number,
  {
    bySum,
    sum,
    found,
    budget,
  }: {
    readonly bySum: Map<number, string[]>;
    readonly sum: number;
    readonly found: string[];
    readonly budget: { comparisons: number };
  },
): void {
  const candidates = bySum.get(sum);
  if (!candidates) return;
  budget.comparisons -= candidates.length;
  if (budget.comparisons < 0) throw new Error('the quotes take too many comparisons');
  const left = candidates.filter((quote) => {
    // Compared as one block of memory; startsWith goes character by character.
    if (text.slice(at, at + quote.length) !== quote) return true;
    found.push(quote);
    return false;
  });
  if (left.length === 0) bySum.delete(sum);
  else if (left.length < candidates.length) bySum.set(sum, left);
}

/** A sum of the first characters that is cheap to move along by one. */
function sumOf(text: string, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum = (Math.imul(sum, BASE) + text.charCodeAt(i)) | 0;
  return sum;
}

function within<K, L>(map: Map<K, Map<L, string[]>>, key: K): Map<L, string[]> {
  const known = map.get(key);
  if (known) return known;
  const made = new Map<L, string[]>();
  map.set(key, made);
  return made;
}

function append<K>(map: Map<K, string[]>, key: K, value: string): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/** The same words, whatever the spacing, the case and the shape of quotation marks and dashes. */
const normalized = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    .replaceAll(/[\u2010-\u2015\u2212]/g, '-')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase();
