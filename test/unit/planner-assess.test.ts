import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { canonicalJson } from '../../src/kernel/canonical-json.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { assess } from '../../src/planner/assess.js';
import { formulas } from '../../src/planner/catalog.js';
import { assessmentBody, assessmentView, type Assessment } from '../../src/planner/schema.js';

const ask = (given: object): Assessment => assessmentView.parse(assess(assessmentBody.parse(given)));
const serve = (model: string, gpu: string, more: object = {}): Assessment =>
  ask({ goal: 'serve', model: { slug: model }, hardware: [{ gpu }], context: 8192, ...more });
const train = (model: string, gpu: string, training: object, more: object = {}): Assessment =>
  ask({ goal: 'train', model: { slug: model }, hardware: [{ gpu }], context: 2048, training, ...more });
const refusal = (given: object): string => {
  try {
    ask(given);
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
};

test('an 8B model fits one 80 GB card, and every number says where it comes from', () => {
  const answer = serve('llama-3.1-8b', 'h100-sxm');
  expect(answer.verdict).toBe('fits');
  expect(answer.memory.components.map(({ id }) => id)).toEqual(['weights', 'cache', 'activations', 'runtime']);
  for (const { formula, operands } of answer.memory.components) {
    expect(Object.keys(formulas)).toContain(formula);
    expect(Object.keys(operands).length).toBeGreaterThan(1);
  }
  const { estimate, low, high } = answer.memory.needed_gib;
  expect(low).toBeLessThan(estimate);
  expect(high).toBeGreaterThan(estimate);
  expect(answer.memory.basis.observations).toBeGreaterThan(20);
  expect(answer.throughput).toMatchObject({ bound: 'memory', formula: 'T-1', basis: { extrapolated: false } });
  expect(answer.cost?.prices_seen.length).toBe(2);
});

test('a 70B model in 16 bits needs a change on one card, and the changes that cure it come first', () => {
  const answer = serve('llama-3.1-70b', 'h100-sxm');
  expect(answer.verdict).toBe('needs_change');
  expect(answer.throughput.bound).toBe('capacity');
  const [first] = answer.advice;
  expect(['fits', 'tight']).toContain(first?.verdict);
  expect(first?.saves_gib).toBeGreaterThan(0);
  expect(answer.advice.map(({ knob }) => knob)).toEqual(expect.arrayContaining(['quantization', 'count']));
  expect(answer.alternatives.length).toBeGreaterThan(3);
  expect(answer.alternatives.map(({ rank }) => rank)).toEqual(answer.alternatives.map((_, i) => i + 1));
});

test('memory of several cards is never one sum: the context stays on each, and a split says so', () => {
  const [one, two] = [1, 2].map((count) =>
    serve('llama-3.1-8b', 'a100-40gb-sxm', { hardware: [{ gpu: 'a100-40gb-sxm', count }] }),
  );
  expect(two?.deployment.parallelism).toBe('tensor');
  expect(two?.memory.usable_gib).toBe(one?.memory.usable_gib);
  expect(two?.memory.needed_gib.estimate).toBeGreaterThan((one?.memory.needed_gib.estimate ?? 0) / 2);
  const replicas = serve('llama-3.1-8b', 'a100-40gb-sxm', {
    hardware: [{ gpu: 'a100-40gb-sxm', count: 2 }],
    parallelism: 'replicas',
  });
  expect(replicas.memory.components[0]?.gib).toBe(one?.memory.components[0]?.gib);
});

test('without a context a model is not judged by all it could hold, and the answer says what was taken', () => {
  const answer = ask({
    goal: 'serve',
    model: { slug: 'qwen3-next-80b-a3b' },
    hardware: [{ gpu: 'h200-sxm', count: 2 }],
  });
  expect(answer.memory.components.find(({ id }) => id === 'cache')?.operands['tokens']).toBe(8192);
  expect(answer.assumptions.join(' ')).toContain('No context was given');
});

test('unified memory is not all there for the model, and two machines are not one', () => {
  const answer = serve('llama-3.1-8b', 'm4-max', { quantization: 'q4_k_m' });
  expect(answer.verdict).toBe('fits');
  expect(answer.memory.usable_gib).toBeCloseTo(96, 0);
  expect(answer.warnings.join(' ')).toContain('Unified memory');
  const small = serve('llama-3.1-70b', 'm4-max', {
    quantization: 'q4_k_m',
    hardware: [{ gpu: 'm4-max', memory_gb: 48 }],
  });
  expect(['needs_change', 'no_fit']).toContain(small.verdict);
  expect(
    serve('llama-3.1-8b', 'm4-max', { quantization: 'q4_k_m', hardware: [{ gpu: 'm4-max', count: 2 }] }).verdict,
  ).toBe('unsupported');
});

test('a CPU is not an accelerator, and what is unknown is refused with the list of what is known', () => {
  const base = { goal: 'serve', model: { slug: 'llama-3.1-8b' } };
  expect(refusal({ ...base, hardware: [{ gpu: 'cpu' }] })).toMatch(/^unknown_gpu: .*h100-sxm/);
  expect(refusal({ ...base, quantization: 'q9' })).toMatch(/^unknown_quantization: .*nf4-dq.*q4_k_m/);
  expect(refusal({ goal: 'serve', model: { slug: 'llama' } })).toMatch(/^unknown_model: .*architecture/);
});

test('a speed is never printed without a range, and what nobody measured has the widest', () => {
  const known = serve('llama-3.1-8b', 'h100-sxm').throughput;
  const guessed = serve('llama-3.1-8b', 'rtx-4090', { quantization: 'awq-int4' });
  const width = ({ tokens_per_second: rate }: Assessment['throughput']): number => (rate?.high ?? 0) / (rate?.low ?? 1);
  expect(width(known)).toBeGreaterThan(1.1);
  expect(width(guessed.throughput)).toBeGreaterThan(2 * width(known));
  expect(guessed.throughput.basis.extrapolated).toBe(true);
  expect(guessed.warnings.join(' ')).toContain('widest band');
});

test('a figure without two sources gives no time instead of a guess', () => {
  const answer = train(
    'llama-3.1-8b',
    'rtx-3090',
    { method: 'qlora', dataset_tokens: 10_000_000 },
    { quantization: 'nf4' },
  );
  expect(answer.verdict).toBe('fits');
  expect(answer.throughput.hours).toBeNull();
  expect(answer.warnings.join(' ')).toContain('matrix throughput');
});

test('what the formulas do not cover is unsupported, with the reason', () => {
  const reason = (answer: Assessment): string => `${answer.verdict}: ${answer.because.join(' ')}`;
  expect(reason(serve('llama-3.1-8b', 'mi300x', { engine: 'tensorrt-llm' }))).toMatch(/^unsupported: .*NVIDIA/);
  expect(reason(serve('llama-3.1-8b', 'h100-sxm', { hardware: [{ gpu: 'h100-sxm', count: 3 }] }))).toMatch(
    /^unsupported: 3 .*32 heads/,
  );
  expect(reason(train('llama-3.1-8b', 'h100-sxm', { method: 'qlora' }))).toMatch(/^unsupported: .*quantized base/);
  expect(reason(train('llama-3.1-8b', 'h100-sxm', { method: 'full' }, { quantization: 'q4_k_m' }))).toMatch(
    /^unsupported/,
  );
});

test('full, LoRA, QLoRA and DPO rank as they should, and a usable plan prefills a cook', () => {
  const need = (method: string, quantization = 'bf16'): number =>
    train('llama-3.1-8b', 'h200-sxm', { method }, { quantization }).memory.needed_gib.estimate;
  expect(need('full')).toBeGreaterThan(need('dpo'));
  expect(need('dpo')).toBeGreaterThan(need('lora'));
  expect(need('lora')).toBeGreaterThan(need('qlora', 'nf4'));
  const answer = train(
    'llama-3.1-8b',
    'h100-sxm',
    { method: 'qlora', dataset_tokens: 50_000_000, lora_rank: 32 },
    { quantization: 'nf4' },
  );
  expect(answer.cook_recipe).toMatchObject({
    base_model: { slug: 'llama-3.1-8b' },
    method: 'qlora',
    hyper: { sequence_len: 2048, quantization: 'nf4', lora: { r: 32, targets: ['q', 'k', 'v', 'o'] } },
    resources: { gpu_kinds: ['h100-sxm'], gpu_count: 1 },
  });
  expect(answer.cook_recipe?.resources.est_peak_vram_gb).toBeCloseTo(answer.memory.needed_gib.high, 3);
  expect(answer.cost?.usd_per_cook?.low).toBeGreaterThan(0);
  expect(train('llama-3.1-405b', 'l4', { method: 'full' }).cook_recipe).toBeNull();
});

test('the largest batch and context are the last that fit', () => {
  const answer = serve('llama-3.1-8b', 'l4', { context: 4096, quantization: 'fp8' });
  const at = (concurrency: number): number =>
    serve('llama-3.1-8b', 'l4', { context: 4096, quantization: 'fp8', concurrency }).memory.margin;
  expect(at(answer.largest.concurrency)).toBeGreaterThanOrEqual(0);
  expect(at(answer.largest.concurrency + 1)).toBeLessThan(0);
});

test('contradictory targets are an answer, not an error', () => {
  const answer = serve('llama-3.1-405b', 'l4', { targets: { min_tokens_per_second: 1e6, max_usd_per_hour: 0.01 } });
  expect(answer.verdict).toBe('no_fit');
  expect(answer.because.length).toBeGreaterThan(2);
  expect(answer.alternatives).toEqual([]);
});

test('with no hardware the cheapest that works is proposed', () => {
  const answer = ask({ goal: 'serve', model: { slug: 'llama-3.1-8b' }, context: 8192 });
  expect(['fits', 'tight']).toContain(answer.verdict);
  const dearer = answer.alternatives.every(
    ({ usd_per_hour: price }) => price === null || price.low >= (answer.cost?.usd_per_hour.low ?? 0),
  );
  expect(dearer).toBe(true);
});

test('one request has one digest over request and answer, and another request another', () => {
  const request = assessmentBody.parse({ goal: 'serve', model: { slug: 'llama-3.1-8b' } });
  const { assessment_sha256: digest, ...assessment } = assess(request);
  expect(digest).toBe(createHash('sha256').update(canonicalJson({ request, assessment })).digest('hex'));
  expect(assess(request).assessment_sha256).toBe(digest);
  expect(assess({ ...request, concurrency: 2 }).assessment_sha256).not.toBe(digest);
});

const raw = {
  layers: 32,
  hidden: 4096,
  heads: 32,
  kv_heads: 8,
  head_dim: 128,
  intermediate: 14336,
  vocab: 128256,
  context: 8192,
};

test('a raw architecture is assessed like the model it describes', () => {
  const given = ask({ goal: 'serve', model: { architecture: raw }, hardware: [{ gpu: 'l40s' }], context: 4096 });
  expect(given.memory).toEqual(serve('llama-3-8b', 'l40s', { context: 4096 }).memory);
});

test('an architecture that nothing can have is refused, field by field', () => {
  const with_ = (changes: object): string =>
    refusal({ goal: 'serve', model: { architecture: { ...raw, ...changes } } });
  expect(with_({ kv_heads: 5 })).toContain('/kv_heads');
  expect(with_({ attention: { kind: 'sliding', window: 128, full_layers: 33 } })).toContain('full_layers');
  expect(with_({ attention: { kind: 'hybrid', full_layers: 8, state_bytes_per_layer: 1000 } })).toContain(
    'params_total',
  );
  expect(with_({ experts: { count: 4, active: 8, intermediate: 512 } })).toContain('experts/active');
  expect(with_({ params_total: 10, params_active: 20 })).toContain('params_active');
});

test('numbers that are no sizes never reach the formulas', () => {
  const base = { goal: 'serve', model: { slug: 'llama-3.1-8b' } };
  const bad = [
    { context: 1_000_000_000 },
    { context: -1 },
    { context: 1.5 },
    { concurrency: Number.POSITIVE_INFINITY },
    { concurrency: Number.NaN },
    { hardware: [{ gpu: 'l4', count: 0 }] },
    { hardware: [{ gpu: 'l4', count: 1025 }] },
    { model: { architecture: { ...raw, layers: -3 } } },
    { colour: 'blue' },
  ];
  for (const changes of bad)
    expect([changes, assessmentBody.safeParse({ ...base, ...changes }).success]).toEqual([changes, false]);
});
