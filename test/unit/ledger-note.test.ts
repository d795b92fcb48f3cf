import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainSeed, hashedRekordEntry, preAuthEncoding } from '../../src/ledger/entry.js';
import { NoteFault, openCheckpoint, proofText, signCheckpoint, verifierKey } from '../../src/ledger/note.js';
import { entryBundle, tilePath, tilesBetween } from '../../src/ledger/tiles.js';
import { appendLeaf, edgeRoot, emptyRoot, leafHash, type RightEdge } from '../../src/ledger/tree.js';
import { beginning, LogReplay } from '../../src/ledger/verify.js';
import { chainNext } from '../../src/ledger/entry.js';

const origin = 'ledger.example.org/2026';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const verifier = { name: origin, publicKey };
const checkpoint = { origin, size: 5, root: leafHash(Buffer.from('root')) };
const note = signCheckpoint(checkpoint, privateKey);

test('the published key of the signed-note specification has the published form', () => {
  const spki = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from('5fa86e9d0ee0bb5ae4b0a2d5c2b0ea5d8b8b4c0e5f7c4ff6d8a3e9a7b4f3d4c1', 'hex'),
  ]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verifierKey({ name: 'example.com/log', publicKey: key })).toMatch(
    /^example\.com\/log\+[0-9a-f]{8}\+AV\+obp0O4Lta/,
  );
});

test('a signed checkpoint opens with its key, also among unknown signatures', () => {
  expect(openCheckpoint(note, verifier)).toEqual(checkpoint);
  const greased = Array.from({ length: 20 }, (_, i) => `— other${String(i)} AAAAAAAA\n`).join('');
  expect(openCheckpoint(note + greased, verifier)).toEqual(checkpoint);
});

test('a changed, unsigned or foreign checkpoint does not open', () => {
  const other = { name: origin, publicKey: generateKeyPairSync('ed25519').publicKey };
  for (const bad of [
    note.replace('\n5\n', '\n6\n'),
    note.split('\n\n')[0] ?? '',
    `${note}${'— x AAAA\n'.repeat(100)}`,
    '',
    'x'.repeat(70_000),
  ]) {
    expect(() => openCheckpoint(bad, verifier)).toThrow(NoteFault);
  }
  expect(() => openCheckpoint(note, other)).toThrow(NoteFault);
  expect(() => openCheckpoint(note, { ...verifier, name: 'ledger.example.org/2027' })).toThrow(NoteFault);
});

test('no text crashes the reader: it opens or names its fault', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (text, at) => {
      const cut = at % note.length;
      expect(() => openCheckpoint(note.slice(0, cut) + text + note.slice(cut + 1), verifier)).not.toThrow(TypeError);
    }),
  );
});

test('a proof text is the header, the index, the hashes and the checkpoint as it is', () => {
  const hash = leafHash(Buffer.from('a'));
  expect(proofText({ index: 4, hashes: [hash], checkpoint: note })).toBe(
    `c2sp.org/tlog-proof@v1\nindex 4\n${hash.toString('base64')}\n\n${note}`,
  );
});

test('tile paths are those of the specification', () => {
  expect(tilePath({ level: 0, tile: 1_234_067, count: 256 })).toBe('tile/0/x001/x234/067');
  expect(tilePath({ level: 'entries', tile: 0, count: 3 })).toBe('tile/entries/000.p/3');
  expect(tilePath({ level: 1, tile: 1000, count: 255 })).toBe('tile/1/x001/000.p/255');
});

test('growth publishes each new or wider tile once, and higher levels only when tiles fill', () => {
  const paths = (from: number, to: number): readonly string[] => tilesBetween(from, to).map(tilePath);
  expect(paths(0, 2)).toEqual(['tile/0/000.p/2', 'tile/entries/000.p/2']);
  expect(paths(255, 257)).toEqual([
    'tile/0/000',
    'tile/entries/000',
    'tile/0/001.p/1',
    'tile/entries/001.p/1',
    'tile/1/000.p/1',
  ]);
  expect(paths(257, 257)).toEqual([]);
  expect(tilesBetween(0, 65_536).at(-1)).toEqual({ level: 2, tile: 0, count: 1 });
});

test('an entry bundle is each entry behind its length', () => {
  expect(entryBundle([Buffer.from('ab'), Buffer.from('')]).toString('hex')).toBe('000261620000');
  expect(() => entryBundle([Buffer.alloc(65_536)])).toThrow('65,535');
});

test('the DSSE encoding is that of the specification', () => {
  expect(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});

test('a leaf is canonical and holds digest, signature and key only', () => {
  const entry = hashedRekordEntry({
    paeDigest: Buffer.from('d'),
    signature: Buffer.from('s'),
    publicKeyDer: Buffer.from('k'),
  });
  expect(entry.toString()).toBe(
    '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"ZA=="},"signature":{"content":"cw==","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"aw=="}}}}}}',
  );
});

/** Leaves of a log as its rows would hold them. */
function records(count: number): { idx: number; entry: Buffer; leafHash: Buffer; chain: Buffer }[] {
  let chain = chainSeed(origin);
  return Array.from({ length: count }, (_, idx) => {
    const entry = Buffer.from(`entry ${String(idx)}`);
    const hash = leafHash(entry);
    chain = chainNext(chain, hash);
    return { idx, entry, leafHash: hash, chain };
  });
}
function rootOf(leaves: readonly { leafHash: Buffer }[]): Buffer {
  let edge: RightEdge = { size: 0, hashes: [] };
  for (const leaf of leaves) edge = appendLeaf(edge, leaf.leafHash).edge;
  return edgeRoot(edge);
}
function replay(
  leaves: readonly ReturnType<typeof records>[number][],
  roots: ReadonlyMap<number, Buffer> = new Map(),
): LogReplay {
  const log = new LogReplay(beginning(origin));
  const meet = (): void => {
    const root = roots.get(log.size);
    if (root) log.meet(root);
  };
  meet();
  for (const leaf of leaves) {
    log.add(leaf);
    meet();
  }
  return log;
}

test('an untouched log replays without fault and meets its checkpoints', () => {
  const leaves = records(20);
  const log = replay(
    leaves,
    new Map([
      [0, emptyRoot()],
      [7, rootOf(leaves.slice(0, 7))],
      [20, rootOf(leaves)],
    ]),
  );
  expect(log.faults).toEqual([]);
  expect(log.root).toEqual(rootOf(leaves));
});

test('a forged entry is found at its index, though leaf hash and chain were forged along', () => {
  const leaves = records(20);
  const signed = new Map([[20, rootOf(leaves)]]);
  const forged = records(20).map((leaf, i) => (i === 9 ? { ...leaf, entry: Buffer.from('forged') } : leaf));
  expect(replay(forged, signed).faults[0]).toMatchObject({ code: 'leaf_hash', index: 9 });
  let chain = chainSeed(origin);
  const consistent = forged.map((leaf) => {
    const hash = leafHash(leaf.entry);
    chain = chainNext(chain, hash);
    return { ...leaf, leafHash: hash, chain };
  });
  expect(replay(consistent, signed).faults).toEqual([expect.objectContaining({ code: 'checkpoint', index: 19 })]);
});

test('a chain that was not computed from the same bytes, and a gap are found', () => {
  const leaves = records(20);
  const rechained = leaves.map((leaf, i) => (i === 4 ? { ...leaf, chain: leafHash(leaf.chain) } : leaf));
  expect(replay(rechained).faults[0]).toMatchObject({ code: 'chain', index: 4 });
  expect(replay(leaves.filter(({ idx }) => idx !== 3)).faults[0]).toMatchObject({ code: 'gap', index: 3 });
});
