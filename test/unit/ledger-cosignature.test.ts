import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cosignatureTime, cosignerVkey, mlDsaPem, parseCosigner, readMlDsaKey } from '../../src/ledger/cosignature.js';
import { NoteFault, ed25519Signer, openCheckpoint, readNote, signWith } from '../../src/ledger/note.js';
import { sandboxLogId } from '../../src/ledger/sandbox-log.js';
import { readLogSigners } from '../../src/ledger/signers.js';
import { leafHash } from '../../src/ledger/tree.js';

const origin = 'ledger.example.org/2026';
const checkpoint = { origin, size: 5, root: leafHash(Buffer.from('root')) };
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const seed = Buffer.alloc(32, 7);
const now = new Date('2026-11-25T10:00:00Z');
const quantum = readMlDsaKey(origin, mlDsaPem(seed), () => now);
const note = signWith(checkpoint, [ed25519Signer(origin, privateKey), quantum.signer]);
const timeOf = (text: string, cosigner = quantum.cosigner): number | undefined => {
  const { body, signatures } = readNote(text);
  return signatures.map((line) => cosignatureTime(line, cosigner, body)).find((time) => time !== undefined);
};

test('a checkpoint with an Ed25519 and an ML-DSA-44 line opens with either key', () => {
  expect(openCheckpoint(note, { name: origin, publicKey })).toEqual(checkpoint);
  expect(timeOf(note)).toBe(now.getTime() / 1000);
});

test('a changed size, origin, time or signature no longer verifies under ML-DSA-44', () => {
  expect(timeOf(note.replace('\n5\n', '\n6\n'))).toBeUndefined();
  expect(timeOf(note.replace(`${origin}\n5`, 'other.example.org/2026\n5'))).toBeUndefined();
  const other = readMlDsaKey('other.example.org/2026', mlDsaPem(seed)).cosigner;
  expect(timeOf(note, other)).toBeUndefined();
  const line = note.trimEnd().split('\n').at(-1) ?? '';
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
  for (const at of [4, 11, 12, 1000, bytes.length - 1]) {
    const forged = Buffer.from(bytes);
    forged[at] = (forged[at] ?? 0) ^ 1;
    expect(timeOf(note.replace(bytes.toString('base64'), forged.toString('base64')))).toBeUndefined();
  }
});

test('an Ed25519 cosignature over time and body verifies, under its own name only', () => {
  const witness = generateKeyPairSync('ed25519');
  const raw = createPublicKey(witness.privateKey).export({ type: 'spki', format: 'der' }).subarray(12);
  const cosigner = { name: 'witness.example.com/w1', type: 'ed25519', publicKey: raw } as const;
  const { body } = readNote(note);
  const time = 1_679_315_147;
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${String(time)}\n${body}`), witness.privateKey);
  const id = Buffer.from(cosignerVkey(cosigner).split('+')[1] ?? '', 'hex');
  const line = Buffer.concat([id, stamp, signature]).toString('base64');
  expect(timeOf(`${note}— witness.example.com/w1 ${line}\n`, cosigner)).toBe(time);
  expect(timeOf(`${note}— witness.example.com/w2 ${line}\n`, cosigner)).toBeUndefined();
});

test('a verifier key survives its text form, and one with a wrong hash, type or length is refused', () => {
  const vkey = cosignerVkey(quantum.cosigner);
  expect(parseCosigner(vkey)).toEqual(quantum.cosigner);
  const [name = '', hash = '', key = ''] = vkey.split('+');
  const shorter = Buffer.from(key, 'base64').subarray(1).toString('base64');
  for (const bad of [
    `${name}+00000000+${key}`,
    `${name}+${hash}+${shorter}`,
    `${name}+${hash}`,
    '',
    `a b+${hash}+${key}`,
  ])
    expect(() => parseCosigner(bad)).toThrow(NoteFault);
});

test('no text crashes the reader of verifier keys', () => {
  fc.assert(
    fc.property(fc.string(), fc.base64String(), (name, key) => {
      for (const text of [name, `${name}+00000000+${key}`]) expect(() => parseCosigner(text)).toThrow(NoteFault);
    }),
  );
});

test('a file that is not an ML-DSA-44 seed is refused', () => {
  const ed25519 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const bad of [ed25519, '', mlDsaPem(Buffer.alloc(31))])
    expect(() => readMlDsaKey(origin, bad)).toThrow(NoteFault);
});

test('while one key takes over from another, both sign and both are published', () => {
  const pem = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const [old, fresh] = [pem(), pem()];
  const { logKey, cosigners, keys } = readLogSigners(origin, { key: fresh, previous: old });
  const both = signWith(checkpoint, [ed25519Signer(origin, logKey), ...cosigners]);
  for (const key of [old, fresh]) {
    const verifier = { name: origin, publicKey: createPublicKey(key) };
    expect(openCheckpoint(both, verifier)).toEqual(checkpoint);
  }
  expect(keys.map(({ purpose, logId }) => [purpose, logId])).toEqual([
    ['log', origin],
    ['log', origin],
    ['log', sandboxLogId(origin)],
  ]);
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const wrong = p256.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => readLogSigners(origin, { key: wrong })).toThrow('Ed25519');
});
