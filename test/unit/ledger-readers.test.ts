import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NoteFault, proofText, readNote, readProofText, signCheckpoint } from '../../src/ledger/note.js';
import { entryBundle, leavesUnder, parseTilePath, readBundle, tilePath } from '../../src/ledger/tiles.js';
import { leafHash } from '../../src/ledger/tree.js';

const origin = 'ledger.example.org/2026';
const checkpoint = { origin, size: 300, root: leafHash(Buffer.from('root')) };
const note = signCheckpoint(checkpoint, generateKeyPairSync('ed25519').privateKey);
const proof = proofText({ index: 4, hashes: [leafHash(Buffer.from('a'))], checkpoint: note });

/** Reads, or throws what the reader promises and nothing else. */
const tolerates = (fault: new (message?: string) => Error, read: () => unknown): void => {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(fault);
  }
};
/** A text with a piece of it replaced. */
const damaged = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(text.length), fc.nat(8), fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constant('\n')))
    .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));

test('a proof text reads back, with and without extra data', () => {
  const read = { index: 4, hashes: [leafHash(Buffer.from('a'))], checkpoint: note };
  expect(readProofText(proof)).toEqual(read);
  expect(readProofText(proof.replace('\nindex', '\nextra YQ==\nindex'))).toEqual(read);
});

test.each(['', 'c2sp.org/tlog-proof@v1\n\n', proof.replace('index 4', 'index 04'), proof.replace('@v1', '@v2')])(
  'a proof text that is none is refused: %#',
  (text) => {
    expect(() => readProofText(text)).toThrow(NoteFault);
  },
);

test('damaged notes and proofs are read or refused by name, never a crash', () => {
  fc.assert(
    fc.property(damaged(note), damaged(proof), (badNote, badProof) => {
      tolerates(NoteFault, () => readNote(badNote));
      tolerates(NoteFault, () => readProofText(badProof));
    }),
    { numRuns: 2000 },
  );
});

test('a note with sixteen signatures and more is read, one with hundreds is refused', () => {
  const lines = (count: number): string => '— other AAAAAAAA\n'.repeat(count);
  expect(readNote(note + lines(40)).signatures).toHaveLength(41);
  expect(() => readNote(note + lines(200))).toThrow('too many');
});

test('a tile path has one form, and only that one is read', () => {
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.nat(2 ** 31),
      fc.integer({ min: 1, max: 256 }),
      fc.boolean(),
      (level, tile, count, entries) => {
        const ref = { level: entries ? ('entries' as const) : level, tile, count };
        const [, one = '', ...rest] = tilePath(ref).split('/');
        expect(parseTilePath(one, rest.join('/'))).toEqual(ref);
      },
    ),
  );
  for (const [level, path] of [
    ['0', '1'],
    ['0', 'x000/001'],
    ['0', '001.p/0'],
    ['0', '001.p/256'],
    ['0', '001.p/07'],
    ['7', '000'],
    ['-1', '000'],
    ['data', '000'],
    ['0', '../000'],
    ['0', 'x999/x999/x999/x999/x999/999'],
  ] as const)
    expect(parseTilePath(level, path)).toBeUndefined();
});

test('no text crashes the reader of tile paths', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (level, path) => {
      expect(parseTilePath(level, path)).toBeUndefined();
    }),
  );
});

test('a tile counts the leaves that must stand before it is that wide', () => {
  expect(leavesUnder({ level: 0, tile: 1, count: 3 })).toBe(259);
  expect(leavesUnder({ level: 'entries', tile: 1, count: 3 })).toBe(259);
  expect(leavesUnder({ level: 1, tile: 0, count: 2 })).toBe(512);
});

test('an entry bundle reads back, and a damaged one is refused by name', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.uint8Array({ maxLength: 60 }), (entries, noise) => {
      expect(readBundle(entryBundle(entries)).map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
      tolerates(RangeError, () => readBundle(Buffer.from(noise)));
    }),
  );
});
