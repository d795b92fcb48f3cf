import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSecretHashes, drawSecret, hintOf, kindOfSecret, secretPattern } from '../../src/auth/secret.js';

const kinds = ['live', 'test', 'internal', 'runner'] as const;

test('a drawn secret is of its kind, matches the published pattern, and is never drawn twice', () => {
  const drawn = kinds.flatMap((kind) => Array.from({ length: 50 }, () => ({ kind, secret: drawSecret(kind) })));
  for (const { kind, secret } of drawn) {
    expect(kindOfSecret(secret)).toBe(kind);
    expect(secret).toMatch(new RegExp(`^${secretPattern}$`));
  }
  expect(new Set(drawn.map(({ secret }) => secret)).size).toBe(drawn.length);
});

test('one wrong character anywhere is noticed without a lookup', () => {
  const secret = drawSecret('live');
  fc.assert(
    fc.property(fc.nat(secret.length - 1), fc.constantFrom('a', 'b', 'X', 'Z', '0', '9'), (at, character) => {
      const changed = secret.slice(0, at) + character + secret.slice(at + 1);
      expect(kindOfSecret(changed)).toBe(changed === secret ? 'live' : undefined);
    }),
  );
});

test('what is shown of a secret afterwards is its prefix and four characters', () => {
  const secret = drawSecret('test');
  expect(hintOf(secret)).toBe(`dck_test_…${secret.slice(-4)}`);
});

test('a new pepper hashes anew and still knows the hashes of the one before', () => {
  const older = { version: 1, key: randomBytes(32) };
  const newer = { version: 2, key: randomBytes(32) };
  const secret = drawSecret('live');
  const [before] = createSecretHashes([older]).digests(secret);
  const rotated = createSecretHashes([newer, older]);
  expect(rotated.version).toBe(2);
  expect(rotated.digests(secret)).toHaveLength(2);
  expect(rotated.digests(secret)[0]).not.toBe(before);
  expect(rotated.digests(secret)[1]).toBe(before);
});
