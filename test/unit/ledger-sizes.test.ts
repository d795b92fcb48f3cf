import { expect, test } from '@jest/globals';
import { chainNext, chainSeed } from '../../src/ledger/entry.js';
import { verifyConsistency, verifyInclusion } from '../../src/ledger/proof.js';
import { leavesUnder, tilesBetween } from '../../src/ledger/tiles.js';
import {
  consistencyRanges,
  edgeRoot,
  emptyRoot,
  inclusionRanges,
  leafHash,
  parseEdge,
  rangeHash,
  TILE_WIDTH,
} from '../../src/ledger/tree.js';
import { beginning, LogReplay } from '../../src/ledger/verify.js';

/** Around each power of the tile's width, where full and partial tiles meet. */
const SIZES = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537] as const;
const origin = 'ledger.example.org/2026';

/** One replay over the largest size, with its state at each of them. */
function grow() {
  const replay = new LogReplay(beginning(origin));
  const leaves: Buffer[] = [];
  const states = new Map([[0, { root: replay.root, edge: replay.edge }]]);
  let chain = chainSeed(origin);
  for (let idx = 0; idx < 65_537; idx += 1) {
    const entry = Buffer.from(`entry ${String(idx)}`);
    const hash = leafHash(entry);
    chain = chainNext(chain, hash);
    leaves.push(hash);
    replay.add({ idx, entry, leafHash: hash, chain });
    if (SIZES.some((size) => size === idx + 1)) states.set(idx + 1, { root: replay.root, edge: replay.edge });
  }
  const tiles = new Map(replay.completed.map(({ level, index, hash }) => [`${String(level)}/${String(index)}`, hash]));
  const lookup = (level: number, index: number): Buffer => {
    const hash = level === 0 ? leaves[index] : tiles.get(`${String(level)}/${String(index)}`);
    if (!hash) throw new Error(`not stored: ${String(level)}/${String(index)}`);
    return hash;
  };
  const at = (size: number): { readonly root: Buffer; readonly edge: { readonly hashes: readonly Buffer[] } } => {
    const state = states.get(size);
    if (!state) throw new Error(`no state at ${String(size)}`);
    return state;
  };
  return { faults: replay.faults, leaves, lookup, at };
}
const log = grow();

test('a log over every boundary replays without a fault', () => {
  expect(log.faults).toEqual([]);
  expect(log.at(0).root).toEqual(emptyRoot());
});

test.each(SIZES)(
  'a log of %d has the root its tiles give, an edge that can be stored, and as many tiles as it needs',
  (size) => {
    const { root, edge } = log.at(size);
    if (size > 0) expect(rangeHash({ lo: 0, hi: size }, log.lookup)).toEqual(root);
    expect(edgeRoot(parseEdge(size, Buffer.concat([...edge.hashes])))).toEqual(root);
    const refs = tilesBetween(0, size);
    for (const ref of refs) expect(leavesUnder(ref)).toBeLessThanOrEqual(size);
    expect(refs.filter(({ level }) => level === 0)).toHaveLength(Math.ceil(size / TILE_WIDTH));
    expect(refs.filter(({ level }) => level === 1)).toHaveLength(Math.ceil(Math.floor(size / 256) / TILE_WIDTH));
  },
);

test.each(SIZES.slice(1))(
  'the first, the last and the boundary leaves of a log of %d have proofs that verify',
  (size) => {
    for (const index of new Set([0, 254, 255, 256, 65_535, size - 1].filter((one) => one < size))) {
      const proof = inclusionRanges(index, size).map((range) => rangeHash(range, log.lookup));
      expect(verifyInclusion(proof, index, size, log.lookup(0, index), log.at(size).root)).toBe(true);
      expect(verifyInclusion(proof, index, size, leafHash(Buffer.from('other')), log.at(size).root)).toBe(false);
    }
  },
);

test('every size continues every smaller one', () => {
  for (const to of SIZES)
    for (const from of SIZES.filter((one) => one <= to)) {
      const ranges = from === 0 ? [] : consistencyRanges(from, to);
      const proof = ranges.map((range) => rangeHash(range, log.lookup));
      expect(verifyConsistency(proof, from, to, log.at(from).root, log.at(to).root)).toBe(true);
      if (from > 0 && from < to)
        expect(verifyConsistency(proof, from, to, log.at(to).root, log.at(from).root)).toBe(false);
    }
});
