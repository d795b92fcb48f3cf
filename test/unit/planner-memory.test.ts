import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  architectureFaults,
  architectureSchema,
  cacheBytes,
  sizesOf,
  type Architecture,
} from '../../src/planner/architecture.js';
import { adapterParams, serveMemory, totalBytes, trainMemory, type TrainLoad } from '../../src/planner/memory.js';
import { calibration } from '../../src/planner/tables/calibration.js';
import { findModel } from '../../src/planner/tables/models.js';
import { findQuantization, quantizations, type Quantization } from '../../src/planner/tables/quantizations.js';
import { serveTimes } from '../../src/planner/throughput.js';

const model = (slug: string): Architecture => {
  const found = findModel(slug);
  if (!found) throw new Error(slug);
  return found.architecture;
};
const format = (name: string): Quantization => {
  const found = findQuantization(name);
  if (!found) throw new Error(name);
  return found;
};
const KIB = 1024;

test('the cache of a token goes by key-value heads, not by hidden size', () => {
  const perToken = { 'llama-2-7b': 512, 'llama-3.1-8b': 128, 'llama-3-70b': 320, 'qwen2.5-7b': 56 };
  for (const [slug, kib] of Object.entries(perToken)) expect(cacheBytes(model(slug), 1600, 2) / 1600).toBe(kib * KIB);
});

test('a hybrid grows its cache in full layers alone', () => {
  const qwen = model('qwen3.5-27b');
  const grown = cacheBytes(qwen, 302_928, 1) - cacheBytes(qwen, 0, 1);
  expect(grown / 302_928).toBe(32 * KIB);
  expect(grown / 1024 ** 3).toBeCloseTo(9.24, 1);
});

test('a window stops the cache, a latent cache is the same for any number of heads', () => {
  const mistral = model('mistral-7b-v0.1');
  expect(cacheBytes(mistral, 100_000, 2)).toBe(cacheBytes(mistral, 4096, 2));
  const deepseek = model('deepseek-v3');
  expect(cacheBytes(deepseek, 16, 2)).toBe(61 * (512 + 64) * 2 * 16);
});

test('training state has the bytes per parameter of its optimizer', () => {
  const llama = model('llama-3.1-8b');
  const sizes = sizesOf(llama);
  const bytes = { adamw: 16, adamw_8bit: 10, adamw_bf16: 8, sgd_momentum: 12 } as const;
  for (const optimizer of ['adamw', 'adamw_8bit', 'adamw_bf16', 'sgd_momentum'] as const) {
    const parts = trainMemory(
      llama,
      sizes,
      format('bf16'),
      { ...load, method: 'full', optimizer },
      calibration.trainMemory.constants,
    );
    const state = totalBytes(parts.filter(({ id }) => ['weights', 'gradients', 'optimizer'].includes(id)));
    expect(state / sizes.total).toBeCloseTo(bytes[optimizer], 6);
  }
});

test('ZeRO splits optimizer, then gradients, then weights, and never activations', () => {
  const llama = model('llama-3.1-8b');
  const at = (zeroStage: 0 | 1 | 2 | 3): Readonly<Record<string, number>> =>
    Object.fromEntries(
      trainMemory(
        llama,
        sizesOf(llama),
        format('bf16'),
        { ...load, method: 'full', gpus: 4, zeroStage },
        calibration.trainMemory.constants,
      ).map(({ id, bytes }) => [id, bytes]),
    );
  const [none, three] = [at(0), at(3)];
  for (const id of ['weights', 'gradients', 'optimizer']) expect((none[id] ?? 0) / (three[id] ?? 1)).toBeCloseTo(4, 9);
  expect(at(1)['gradients']).toBe(none['gradients']);
  expect(at(2)['weights']).toBe(none['weights']);
  expect(three['activations']).toBe(none['activations']);
});

test('adapters have the published number of parameters', () => {
  expect(adapterParams(model('llama-2-7b'), 8, ['q', 'v'])).toBe(4_194_304);
  expect(adapterParams(model('llama-2-13b'), 8, ['q', 'v'])).toBe(6_553_600);
});

const load: TrainLoad = {
  method: 'lora',
  sequence: 2048,
  microBatch: 2,
  checkpointing: true,
  flashAttention: true,
  optimizer: 'adamw',
  rank: 16,
  targets: ['q', 'v'],
  gpus: 1,
  zeroStage: 0,
  allocatorOnly: false,
};
const attention = fc.constantFrom(
  { kind: 'full' as const },
  { kind: 'sliding' as const, window: 1024, full_layers: 1 },
  { kind: 'latent' as const, kv_lora_rank: 512, q_lora_rank: null, rope_dim: 64, nope_dim: 128, value_dim: 128 },
);
const architectures = fc
  .record({
    layers: fc.integer({ min: 1, max: 120 }),
    hidden: fc.integer({ min: 1, max: 128 }).map((n) => n * 128),
    groups: fc.constantFrom(1, 2, 4, 8),
    kv_heads: fc.integer({ min: 1, max: 16 }),
    head_dim: fc.constantFrom(64, 128, 256),
    intermediate: fc.integer({ min: 128, max: 50_000 }),
    vocab: fc.integer({ min: 1000, max: 260_000 }),
    attention,
    experts: fc.constantFrom(
      null,
      { count: 8, active: 2, intermediate: 4096 },
      { count: 64, active: 6, shared: 1, intermediate: 512 },
    ),
  })
  .map(({ groups, ...given }) =>
    architectureSchema.parse({ ...given, heads: given.kv_heads * groups, context: 131_072 }),
  )
  .filter((given) => architectureFaults(given).length === 0);
const served = { tokens: 4096, sequences: 4, cacheElementBytes: 2, degree: 1, stepTokens: 2048, contextOutside: false };
const serving = (given: Architecture, quantization: Quantization, changes: Partial<typeof served> = {}): number =>
  totalBytes(
    serveMemory(given, sizesOf(given), quantization, { ...served, ...changes }, calibration.serveMemory.constants),
  );
const anyFormat = fc.constantFrom(...quantizations);
const steps = fc.integer({ min: 0, max: 200_000 });

test('more context, more sequences or more parameters never need less memory to serve', () => {
  fc.assert(
    fc.property(architectures, anyFormat, steps, steps, (given, quantization, a, b) => {
      const [few, many] = [1 + Math.min(a, b), 1 + Math.max(a, b)];
      expect(serving(given, quantization, { tokens: many })).toBeGreaterThanOrEqual(
        serving(given, quantization, { tokens: few }),
      );
      expect(serving(given, quantization, { sequences: many })).toBeGreaterThanOrEqual(
        serving(given, quantization, { sequences: few }),
      );
      for (const grown of [
        { layers: given.layers + 1 },
        { hidden: given.hidden + 128 },
        { intermediate: given.intermediate + 64 },
        { vocab: given.vocab + 1000 },
        { heads: given.heads * 2, kv_heads: given.kv_heads * 2 },
      ])
        expect(serving({ ...given, ...grown }, quantization)).toBeGreaterThanOrEqual(serving(given, quantization));
    }),
  );
});

test('more context, more batch, more rank or more parameters never need less memory to train', () => {
  const methods = fc.constantFrom<TrainLoad['method']>('full', 'lora', 'qlora', 'dpo');
  fc.assert(
    fc.property(architectures, methods, fc.boolean(), steps, steps, (given, method, checkpointing, a, b) => {
      const quantization = format(method === 'qlora' ? 'nf4' : 'bf16');
      const need = (changes: Partial<TrainLoad>, of = given): number =>
        totalBytes(
          trainMemory(
            of,
            sizesOf(of),
            quantization,
            { ...load, method, checkpointing, ...changes },
            calibration.trainMemory.constants,
          ),
        );
      const [few, many] = [1 + Math.min(a, b), 1 + Math.max(a, b)];
      for (const knob of ['sequence', 'microBatch', 'rank'] as const)
        expect(need({ [knob]: many })).toBeGreaterThanOrEqual(need({ [knob]: few }));
      expect(need({}, { ...given, layers: given.layers + 1 })).toBeGreaterThanOrEqual(need({}));
    }),
  );
});

test('more bandwidth is never slower, nor is more throughput or more of the same cards at no cost to split', () => {
  const rates = { ...calibration.serving['vllm/nvidia'].rates, splitMicros: 0 };
  fc.assert(
    fc.property(
      architectures,
      anyFormat,
      fc.integer({ min: 1, max: 9000 }),
      fc.integer({ min: 1, max: 9000 }),
      (given, quantization, a, b) => {
        const [slow, fast] = [Math.min(a, b), Math.max(a, b)];
        const generation = { prompt: 512, output: 128, sequences: 8, cacheElementBytes: 2 };
        const step = (bandwidthGbps: number, tflops: number, degree = 1): number =>
          serveTimes(given, sizesOf(given), quantization, { bandwidthGbps, tflops, degree }, generation, rates)
            .stepSeconds;
        expect(step(fast, 300)).toBeLessThanOrEqual(step(slow, 300));
        expect(step(1000, fast)).toBeLessThanOrEqual(step(1000, slow));
        expect(step(1000, 300, 2)).toBeLessThanOrEqual(step(1000, 300, 1));
      },
    ),
  );
});
