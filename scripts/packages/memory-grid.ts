import { builtInCards } from '../../src/models/cards/library.js';
import { architectureOf } from '../../src/models/card.js';
import { cacheBytes } from '../../src/planner/architecture.js';
import { field, type Recipe, type Row } from './recipe.js';

const BITS = [4, 8, 16] as const;
const CONTEXT_STEP = 256;
const SEQUENCES = [1, 2, 4, 8, 16, 32, 64] as const;

function* generate(rows: number): Iterable<Row> {
  let id = 0;
  for (const card of builtInCards)
    for (const bits of BITS)
      for (const sequences of SEQUENCES)
        for (let context = CONTEXT_STEP; context <= card.architecture.context; context += CONTEXT_STEP) {
          if (id >= rows) return;
          const weights = Math.ceil((card.params_total * bits) / 8);
          const cache = cacheBytes(architectureOf(card), context, 2) * sequences;
          yield {
            id,
            model: card.slug,
            bits,
            sequences,
            context,
            weights_bytes: weights,
            cache_bytes: cache,
            total_bytes: weights + cache,
          };
          id += 1;
        }
}

/** All of the grid: what the cards give. */
const count = builtInCards.reduce(
  (sum, { architecture }) => sum + BITS.length * SEQUENCES.length * Math.floor(architecture.context / CONTEXT_STEP),
  0,
);

export const memoryGrid: Recipe = {
  slug: 'model-memory-grid',
  title: 'What open models take in memory',
  summary: 'Bytes of weights and of key-value cache for well-known open models, by bits, context and sequences.',
  tasks: ['tabular-regression'],
  fields: [
    field('id', 'integer', 'Number of the row.'),
    field('model', 'text', 'Slug of the model in the catalog.'),
    field('bits', 'integer', 'Bits of a weight.'),
    field('sequences', 'integer', 'Sequences served at once.'),
    field('context', 'integer', 'Tokens of each sequence.'),
    field('weights_bytes', 'integer', 'Bytes of the weights.'),
    field('cache_bytes', 'integer', 'Bytes of the key-value cache at two bytes a number.'),
    field('total_bytes', 'integer', 'Both.'),
  ],
  rows: count,
  method: 'Computed from the architecture of each model card of the catalog; nothing is measured.',
  biases: ['Activations, framework overhead and quantization scales are left out, so real use is larger.'],
  uses: ['Checking claims about memory; a baseline for a planner.'],
  generate,
};
