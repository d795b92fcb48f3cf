import { hash } from 'node:crypto';

/** RFC 6962 §2.1: leaves and nodes are hashed under different prefixes so neither can pose as the other. */
const LEAF_PREFIX = Buffer.from([0x00]);
const NODE_PREFIX = Buffer.from([0x01]);
export const HASH_BYTES = 32;
/** C2SP tlog-tiles: a tile is 8 levels high, 256 hashes wide. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

/** One call per hash: for inputs this short the calls cost more than the hashing. */
const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');
export const leafHash = (entry: Uint8Array): Buffer => sha256(LEAF_PREFIX, entry);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE_PREFIX, left, right);
/** RFC 6962 §2.1: the root of the empty tree is the hash of nothing. */
export const emptyRoot = (): Buffer => hash('sha256', '', 'buffer');

/** The roots of the perfect subtrees of a tree, largest first: one per set bit of its size. */
export interface RightEdge {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}
/** A subtree that an append completed: 2^level leaves, the index-th of its level. */
export interface CompletedSubtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Buffer;
}

/** Appends one leaf hash; says which perfect subtrees it completed, smallest first. */
export function appendLeaf(
  edge: RightEdge,
  leaf: Buffer,
): { readonly edge: RightEdge; readonly completed: readonly CompletedSubtree[] } {
  const hashes = [...edge.hashes];
  const completed: CompletedSubtree[] = [];
  let hash = leaf;
  let index = edge.size;
  let level = 0;
  while (index % 2 === 1) {
    const left = hashes.pop();
    if (!left) throw new Error('appendLeaf: the right edge is shorter than its size says');
    hash = nodeHash(left, hash);
    index = (index - 1) / 2;
    level += 1;
    completed.push({ level, index, hash });
  }
  hashes.push(hash);
  return { edge: { size: edge.size + 1, hashes }, completed };
}

/** RFC 6962 §2.1: the Merkle tree hash, folded from the right. */
export function edgeRoot({ hashes }: RightEdge): Buffer {
  const [last, ...rest] = hashes.toReversed();
  return last ? rest.reduce((root, hash) => nodeHash(hash, root), last) : emptyRoot();
}

/** Reads a right edge back from its bytes. */
export function parseEdge(size: number, bytes: Uint8Array): RightEdge {
  const count = bytes.length / HASH_BYTES;
  if (count !== bitCount(size)) throw new Error('parseEdge: the number of hashes does not fit the size');
  return {
    size,
    hashes: Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))),
  };
}

const bitCount = (size: number): number => size.toString(2).replaceAll('0', '').length;

/** Leaves lo to hi, hi not included. */
export interface LeafRange {
  readonly lo: number;
  readonly hi: number;
}

/** The largest power of two smaller than n (RFC 6962 §2.1 calls it k). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** RFC 6962 §2.1.1: the ranges whose hashes prove that a leaf is in a tree, from the leaf upwards. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (index < 0 || index >= size) throw new Error('inclusionRanges: the index is outside the tree');
  const walk = (lo: number, hi: number): LeafRange[] => {
    if (hi - lo === 1) return [];
    const middle = lo + split(hi - lo);
    return index < middle ? [...walk(lo, middle), { lo: middle, hi }] : [...walk(middle, hi), { lo, hi: middle }];
  };
  return walk(0, size);
}

/** RFC 6962 §2.1.2: the ranges whose hashes prove that a tree of size `to` continues one of size `from`. */
export function consistencyRanges(from: number, to: number): readonly LeafRange[] {
  if (from < 1 || from > to) throw new Error('consistencyRanges: sizes are out of order');
  const walk = (m: number, lo: number, hi: number, whole: boolean): LeafRange[] => {
    const n = hi - lo;
    if (m === n) return whole ? [] : [{ lo, hi }];
    const k = split(n);
    if (m <= k) return [...walk(m, lo, lo + k, whole), { lo: lo + k, hi }];
    return [...walk(m - k, lo + k, hi, false), { lo, hi: lo + k }];
  };
  return walk(from, 0, to, true);
}

/** Finds a stored hash: level 0 are leaves, level L the roots of full tiles of level L-1. */
export type HashLookup = (tileLevel: number, index: number) => Buffer;

/** The hash of a range that inclusionRanges or consistencyRanges named, from tile hashes. */
export function rangeHash(range: LeafRange, lookup: HashLookup): Buffer {
  return foldRange(range, (lo, level) => (level === 0 ? lookup(0, lo) : perfectHash(lo, level, lookup)));
}

/** The hash of a range from the perfect subtrees it falls into: 2^level leaves from `lo` on. */
export function foldRange({ lo, hi }: LeafRange, perfect: (lo: number, level: number) => Buffer): Buffer {
  if (hi <= lo) throw new Error('foldRange: the range is empty');
  const size = hi - lo;
  const level = Math.log2(size);
  if (Number.isInteger(level) && lo % size === 0) return perfect(lo, level);
  const middle = lo + split(size);
  return nodeHash(foldRange({ lo, hi: middle }, perfect), foldRange({ lo: middle, hi }, perfect));
}

function perfectHash(lo: number, level: number, lookup: HashLookup): Buffer {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const width = 2 ** (level % TILE_HEIGHT);
  const start = lo / TILE_WIDTH ** tileLevel;
  const rows = tileRows(Array.from({ length: width }, (_, i) => lookup(tileLevel, start + i)));
  return rows.at(-1)?.[0] ?? missing();
}

function missing(): never {
  throw new Error('perfectHash: a hash is missing');
}

/** The rows of complete nodes above up to 256 hashes of a tile, the hashes themselves first. */
export function tileRows(hashes: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const rows = [hashes];
  for (let row = hashes; row.length > 1;) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) above.push(nodeHash(row[i] ?? missing(), row[i + 1] ?? missing()));
    rows.push(above);
    row = above;
  }
  return rows;
}

/** The tiles (level, number) that rangeHash will look into, each once. */
export function tilesOf(ranges: readonly LeafRange[]): readonly { readonly level: number; readonly tile: number }[] {
  const seen = new Map<string, { level: number; tile: number }>();
  for (const range of ranges) {
    collect(range, (level, index) => {
      const tile = Math.floor(index / TILE_WIDTH);
      seen.set(`${String(level)}/${String(tile)}`, { level, tile });
    });
  }
  return [...seen.values()];
}

function collect({ lo, hi }: LeafRange, visit: (level: number, index: number) => void): void {
  const size = hi - lo;
  const level = Math.log2(size);
  if (Number.isInteger(level) && lo % size === 0) {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    visit(tileLevel, lo / TILE_WIDTH ** tileLevel);
    return;
  }
  const middle = lo + split(size);
  collect({ lo, hi: middle }, visit);
  collect({ lo: middle, hi }, visit);
}
