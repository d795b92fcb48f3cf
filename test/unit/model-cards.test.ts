import { expect, test } from '@jest/globals';
import { cardSha256, modelCardSchema } from '../../src/models/card.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { cacheBytesPerToken, countParameters } from '../../src/models/rules.js';

test('there are at least twelve built-in cards, each with its own slug, sources and a valid form', () => {
  expect(new Set(builtInCards.map(({ slug }) => slug)).size).toBeGreaterThanOrEqual(12);
  for (const card of builtInCards) expect(modelCardSchema.parse(card)).toEqual(card);
});

test.each(builtInCards)('the published parameter count of $slug follows from its architecture', (card) => {
  expect(countParameters(card.architecture, 'total')).toBe(card.params_total);
  expect(countParameters(card.architecture, 'active')).toBe(card.params_active);
});

test('any other digit of an architecture gives another count, so a wrong number is found', () => {
  for (const { architecture, params_total } of builtInCards)
    for (const field of ['layers', 'hidden', 'kv_heads', 'intermediate', 'vocab'] as const)
      expect(countParameters({ ...architecture, [field]: architecture[field] + 1 }, 'total')).not.toBe(params_total);
});

test('the cache of a token is two numbers of two bytes for each layer, head and dimension', () => {
  expect(cacheBytesPerToken({ layers: 32, kv_heads: 8, head_dim: 128 })).toBe(131_072);
});

test('the digest of a card is of its content, whatever the order of its members', () => {
  const [card] = builtInCards;
  if (!card) throw new Error('no card');
  const turned = modelCardSchema.parse(Object.fromEntries(Object.entries(card).reverse()));
  expect(cardSha256(turned)).toBe(cardSha256(card));
  expect(cardSha256({ ...card, revision: 'other' })).not.toBe(cardSha256(card));
});

test.each(['../weights', 'a/b.bin', '.hidden', 'a\\b', 'nul\u0000'])('a file named %j is refused', (name) => {
  const [card] = builtInCards;
  const formats = [{ name: 'gguf', bits: 4, files: [{ name, sha256: 'a'.repeat(64), size: 1 }] }];
  expect(modelCardSchema.safeParse({ ...card, formats }).success).toBe(false);
});
