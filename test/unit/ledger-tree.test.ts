import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verifyConsistency, verifyInclusion } from '../../src/ledger/proof.js';
import {
  appendLeaf,
  consistencyRanges,
  edgeRoot,
  emptyRoot,
  inclusionRanges,
  leafHash,
  nodeHash,
  parseEdge,
  rangeHash,
  tilesOf,
  TILE_WIDTH,
  type HashLookup,
  type RightEdge,
} from '../../src/ledger/tree.js';

const entry = (i: number): Buffer => Buffer.from(`entry ${String(i)}`);

interface Built {
  readonly edge: RightEdge;
  readonly lookup: HashLookup;
}
/** A log of some size with the hashes a store would keep: leaves, and roots of full tiles. */
function build(size: number): Built {
  const stored = new Map<string, Buffer>();
  let edge: RightEdge = { size: 0, hashes: [] };
  for (let i = 0; i < size; i += 1) {
    const hash = leafHash(entry(i));
    stored.set(`0/${String(i)}`, hash);
    const appended = appendLeaf(edge, hash);
    edge = appended.edge;
    for (const { level, index, hash: root } of appended.completed)
      if (level % 8 === 0) stored.set(`${String(level / 8)}/${String(index)}`, root);
  }
  const lookup: HashLookup = (level, index) => {
    const hash = stored.get(`${String(level)}/${String(index)}`);
    if (!hash) throw new Error(`not stored: ${String(level)}/${String(index)}`);
    return hash;
  };
  return { edge, lookup };
}

/** RFC 6962 §2.1 as it is written, without any cleverness. */
function merkleTreeHash(from: number, to: number): Buffer {
  if (to - from === 0) return emptyRoot();
  if (to - from === 1) return leafHash(entry(from));
  let k = 1;
  while (k * 2 < to - from) k *= 2;
  return nodeHash(merkleTreeHash(from, from + k), merkleTreeHash(from + k, to));
}

test('the published vectors of the reference tree come out', () => {
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  let edge: RightEdge = { size: 0, hashes: [] };
  leaves.forEach((leaf, i) => {
    edge = appendLeaf(edge, leafHash(leaf)).edge;
    expect(edgeRoot(edge).toString('hex')).toBe(roots[i]);
  });
});

test('the root of nothing is the hash of nothing', () => {
  expect(edgeRoot({ size: 0, hashes: [] })).toEqual(createHash('sha256').digest());
});

test.each([1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000])(
  'a tree of %d has the root that RFC 6962 defines, and its edge survives storage',
  (size) => {
    const { edge } = build(size);
    expect(edgeRoot(edge)).toEqual(merkleTreeHash(0, size));
    expect(parseEdge(size, Buffer.concat([...edge.hashes]))).toEqual(edge);
  },
);

test('an edge whose length does not fit its size is refused', () => {
  expect(() => parseEdge(3, Buffer.alloc(32))).toThrow('parseEdge');
});

test('every inclusion proof verifies, and any change of it does not', () => {
  const size = 700;
  const { edge, lookup } = build(size);
  const root = edgeRoot(edge);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: size }), fc.nat(), fc.nat(), (treeSize, pick, where) => {
      const index = pick % treeSize;
      const proof = inclusionRanges(index, treeSize).map((range) => rangeHash(range, lookup));
      const treeRoot = treeSize === size ? root : merkleTreeHash(0, treeSize);
      const leaf = leafHash(entry(index));
      expect(verifyInclusion(proof, index, treeSize, leaf, treeRoot)).toBe(true);
      expect(verifyInclusion(proof, index, treeSize, leafHash(entry(index + 1)), treeRoot)).toBe(false);
      expect(verifyInclusion([...proof, leaf], index, treeSize, leaf, treeRoot)).toBe(false);
      if (proof.length > 0) {
        const broken = proof.map((hash, i) => (i === where % proof.length ? leafHash(hash) : hash));
        expect(verifyInclusion(broken, index, treeSize, leaf, treeRoot)).toBe(false);
        expect(verifyInclusion(proof.slice(1), index, treeSize, leaf, treeRoot)).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});

test('every consistency proof verifies, and one for another tree does not', () => {
  const { lookup } = build(600);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 600 }), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const proof = consistencyRanges(from, to).map((range) => rangeHash(range, lookup));
      const [fromRoot, toRoot] = [merkleTreeHash(0, from), merkleTreeHash(0, to)];
      expect(verifyConsistency(proof, from, to, fromRoot, toRoot)).toBe(true);
      expect(verifyConsistency(proof, from, to, leafHash(fromRoot), toRoot)).toBe(false);
      expect(verifyConsistency([...proof, toRoot], from, to, fromRoot, toRoot)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('the tiles named for a proof are the only ones it reads', () => {
  const { lookup } = build(600);
  for (const index of [0, 255, 256, 599]) {
    const ranges = inclusionRanges(index, 600);
    const named = new Set(tilesOf(ranges).map(({ level, tile }) => `${String(level)}/${String(tile)}`));
    const guarded: HashLookup = (level, i) => {
      expect(named).toContain(`${String(level)}/${String(Math.floor(i / TILE_WIDTH))}`);
      return lookup(level, i);
    };
    for (const range of ranges) rangeHash(range, guarded);
  }
});
