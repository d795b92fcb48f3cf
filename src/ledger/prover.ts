import type { Knex } from 'knex';
import { LRUCache } from 'lru-cache';
import { verifyConsistency, verifyInclusion } from './proof.js';
import { readTile } from './store.js';
import {
  consistencyRanges,
  emptyRoot,
  foldRange,
  inclusionRanges,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileRows,
  tilesOf,
  type LeafRange,
} from './tree.js';

/** Tiles with the nodes above them that are kept in memory: some 50 KiB each. */
const CACHED_TILES = 512;

/** A tree of the log: how many leaves, and what they hash to. */
export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Makes proofs, and gives none out that does not verify. */
export interface Prover {
  root(size: number): Promise<Buffer>;
  inclusion(index: number, leaf: Buffer, tree: TreeHead): Promise<readonly Buffer[]>;
  consistency(from: TreeHead, to: TreeHead): Promise<readonly Buffer[]>;
}

/** A prover over the stored tiles. What a tile holds at a width never changes, so it is cached by that width. */
export function createProver(knex: Knex, logId: string): Prover {
  const cache = new LRUCache<string, readonly (readonly Buffer[])[]>({ max: CACHED_TILES });
  const load = async (level: number, tile: number, count: number) => {
    const key = `${String(level)}/${String(tile)}/${String(count)}`;
    const cached = cache.get(key);
    if (cached) return cached;
    const rows = tileRows(await readTile(knex, logId, level, tile, count));
    if (rows[0]?.length === count) cache.set(key, rows);
    return rows;
  };
  const hashes = async (ranges: readonly LeafRange[], size: number): Promise<readonly Buffer[]> => {
    const tiles = new Map<string, readonly (readonly Buffer[])[]>();
    for (const { level, tile } of tilesOf(ranges)) {
      const width = Math.floor(size / TILE_WIDTH ** level) - tile * TILE_WIDTH;
      tiles.set(`${String(level)}/${String(tile)}`, await load(level, tile, Math.min(TILE_WIDTH, width)));
    }
    const perfect = (lo: number, level: number): Buffer => {
      const tileLevel = Math.floor(level / TILE_HEIGHT);
      const start = lo / TILE_WIDTH ** tileLevel;
      const rows = tiles.get(`${String(tileLevel)}/${String(Math.floor(start / TILE_WIDTH))}`);
      const hash = rows?.[level % TILE_HEIGHT]?.[(start % TILE_WIDTH) / 2 ** (level % TILE_HEIGHT)];
      if (!hash) throw new Error(`createProver: node ${String(level)}/${String(lo)} is not stored`);
      return hash;
    };
    return ranges.map((range) => foldRange(range, perfect));
  };
  const guarded = <T>(holds: boolean, what: string, proof: T): T => {
    if (holds) return proof;
    cache.clear();
    throw new Error(`createProver: ${what} does not verify against its own checkpoint`);
  };
  return {
    async root(size) {
      const [root = emptyRoot()] = size === 0 ? [] : await hashes([{ lo: 0, hi: size }], size);
      return root;
    },
    async inclusion(index, leaf, { size, root }) {
      const proof = await hashes(inclusionRanges(index, size), size);
      return guarded(verifyInclusion(proof, index, size, leaf, root), 'an inclusion proof', proof);
    },
    async consistency(from, to) {
      const proof = from.size === 0 ? [] : await hashes(consistencyRanges(from.size, to.size), to.size);
      return guarded(verifyConsistency(proof, from.size, to.size, from.root, to.root), 'a consistency proof', proof);
    },
  };
}
