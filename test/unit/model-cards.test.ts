import { expect, test } from '@jest/globals';
import { architectureOf, cardSha256, modelCardSchema, type ModelCard } from '../../src/models/card.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { sizesOf } from '../../src/planner/architecture.js';

test('there are at least twelve built-in cards, each with its own slug, sources and a valid form', () => {
  expect(new Set(builtInCards.map(({ slug }) => slug)).size).toBeGreaterThanOrEqual(12);
  for (const card of builtInCards) expect(modelCardSchema.parse(card)).toEqual(card);
});

/** Parameters of a layer that the planner, which counts matrices and two norms, leaves out for their size. */
function finePrint({ family, slug, architecture }: ModelCard): number {
  const { hidden, heads, kv_heads, head_dim } = architecture;
  if (slug.startsWith('qwen2.5')) return (heads + 2 * kv_heads) * head_dim;
  if (slug.startsWith('qwen3')) return 2 * head_dim;
  if (family === 'OLMo') return (heads + kv_heads) * head_dim;
  return family === 'Gemma' ? 2 * hidden : 0;
}
function counted(card: ModelCard, changes: object = {}): { total: number; active: number } {
  const architecture = { ...architectureOf(card), params_total: null, params_active: null, ...changes };
  const { total, active } = sizesOf(architecture);
  const rest = architecture.layers * finePrint({ ...card, architecture });
  return { total: total + rest, active: active + rest };
}

test.each(builtInCards)('the published parameter count of $slug follows from its architecture', (card) => {
  expect(counted(card)).toEqual({ total: card.params_total, active: card.params_active });
});

test('any other digit of an architecture gives another count, so a wrong number is found', () => {
  for (const card of builtInCards)
    for (const field of ['layers', 'hidden', 'kv_heads', 'vocab'] as const)
      expect(counted(card, { [field]: card.architecture[field] + 1 }).total).not.toBe(card.params_total);
});

test('a card whose numbers no model can have is refused where they are', () => {
  const [card] = builtInCards;
  if (!card) throw new Error('no card');
  const { error } = modelCardSchema.safeParse({ ...card, architecture: { ...card.architecture, kv_heads: 5 } });
  expect(error?.issues.map(({ path }) => path)).toEqual([['architecture', 'kv_heads']]);
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
