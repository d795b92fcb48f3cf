import { expect, test } from '@jest/globals';
import { architectureFaults, sizesOf } from '../../src/planner/architecture.js';
import { plannerOptions } from '../../src/planner/catalog.js';
import { weightBytes } from '../../src/planner/memory.js';
import { findGpu, gpus } from '../../src/planner/tables/gpus.js';
import { findModel, models } from '../../src/planner/tables/models.js';
import { prices } from '../../src/planner/tables/prices.js';
import { findQuantization, quantizations } from '../../src/planner/tables/quantizations.js';
import { sources } from '../../src/planner/tables/sources.js';

const tflopsOf = (slug: string): number | undefined => {
  const gpu = findGpu(slug);
  return (gpu?.bf16Tflops ?? gpu?.fp16Tflops)?.value;
};
const model = (slug: string) => {
  const found = findModel(slug);
  if (!found) throw new Error(slug);
  return found.architecture;
};
const format = (name: string) => {
  const found = findQuantization(name);
  if (!found) throw new Error(name);
  return found;
};

test('there are at least thirty accelerators, discrete and unified, and every slug is one', () => {
  expect(gpus.length).toBeGreaterThanOrEqual(30);
  expect(gpus.filter(({ form }) => form === 'unified').length).toBeGreaterThanOrEqual(5);
  for (const list of [gpus, models]) expect(new Set(list.map(({ slug }) => slug)).size).toBe(list.length);
});

test('every figure has two different sources, or is not there', () => {
  const cells = gpus.flatMap(({ memoryGb, bandwidthGbps, bf16Tflops, fp16Tflops }) => [
    memoryGb,
    bandwidthGbps,
    bf16Tflops,
    fp16Tflops,
  ]);
  const named = [
    ...cells.flatMap((cell) => (cell ? [cell.sources] : [])),
    ...models.map((m) => m.sources),
    ...prices.map((p) => p.sources),
  ];
  expect(named.length).toBeGreaterThan(100);
  for (const [first, second] of named) {
    expect(first).not.toBe(second);
    expect(sources).toHaveProperty([first]);
    expect(sources).toHaveProperty([second]);
  }
});

test('a vector figure is never taken for a matrix figure', () => {
  expect(tflopsOf('a100-80gb-sxm')).toBe(312);
  for (const slug of ['h100-pcie', 'h100-sxm']) expect(tflopsOf(slug)).toBeGreaterThan(700);
  const vector = [19.5, 51.2, 51.7, 67, 82.6, 104.8, 91.6];
  for (const { slug } of gpus) expect(vector).not.toContain(tflopsOf(slug));
});

test('a sparse figure, or one with FP16 accumulation, is never taken for a dense one', () => {
  expect(tflopsOf('h100-sxm')).toBe(989);
  expect(tflopsOf('rtx-4090')).toBe(165);
  expect(tflopsOf('rtx-5090')).toBe(209);
  expect(tflopsOf('l40')).toBe(181);
});

test('a laptop card is not the desktop card of the same name', () => {
  const [laptop, desktop] = [findGpu('rtx-4090-laptop'), findGpu('rtx-4090')];
  expect(laptop).toMatchObject({ form: 'laptop', memoryGb: { value: 16 }, bandwidthGbps: { value: 576 } });
  expect(desktop).toMatchObject({ form: 'desktop', memoryGb: { value: 24 }, bandwidthGbps: { value: 1008 } });
});

test('a name is matched whole: l4 is not l40, h100 is not any of the H100s', () => {
  expect(findGpu('l4')?.name).toBe('NVIDIA L4');
  expect(findGpu('l40')?.name).toBe('NVIDIA L40');
  expect(findGpu('l40s')?.name).toBe('NVIDIA L40S');
  for (const part of ['h100', 'a100', 'rtx', 'L4', 'cpu', '']) expect(findGpu(part)).toBeUndefined();
});

test('usable memory is less than the label says: in-band ECC, firmware, the system', () => {
  // MiB that the driver reports, from gpu_specs (V. Duma).
  const reported = { l4: 23034, a10: 23028, l40s: 46068, 'rtx-4090': 24564, 'h100-pcie': 81559 };
  for (const [slug, mib] of Object.entries(reported)) {
    const gpu = findGpu(slug);
    expect((gpu?.memoryGb.value ?? 0) * 1024 * (gpu?.usableShare ?? 0)).toBeCloseTo(mib, -3);
  }
  expect((findGpu('t4')?.usableShare ?? 0) * 16).toBeCloseTo(14.9, 5);
  expect((findGpu('b200')?.usableShare ?? 0) * 192).toBeCloseTo(180, 5);
});

test('what came before BF16 says so', () => {
  expect(gpus.filter(({ bf16 }) => !bf16).map(({ slug }) => slug)).toEqual(['t4', 'v100-16gb', 'v100-32gb']);
});

test('a price is a dated band, never a number', () => {
  for (const { gpu, lowUsd, highUsd, seen } of prices) {
    expect(findGpu(gpu)).toBeDefined();
    expect(highUsd).toBeGreaterThan(lowUsd);
    for (const date of seen) expect(date).toMatch(/^20\d\d-\d\d/);
  }
});

test('counts computed from an architecture are the published ones', () => {
  const published = {
    'llama-2-7b': 6.738e9,
    'llama-2-70b': 68.98e9,
    'llama-3.1-8b': 8.03e9,
    'llama-3.1-405b': 405.9e9,
    'mixtral-8x7b-v0.1': 46.7e9,
    'qwen2.5-7b': 7.616e9,
    'qwen3-30b-a3b': 30.53e9,
    'gpt-oss-120b': 116.8e9,
    'gpt-oss-20b': 20.9e9,
    'deepseek-v3': 671e9,
    'deepseek-v2-lite': 15.7e9,
    'falcon-40b': 41.3e9,
    'phi-1_5': 1.42e9,
  };
  for (const [slug, total] of Object.entries(published)) {
    const { total: computed } = sizesOf(model(slug));
    expect([slug, Math.abs(computed / total - 1) < 0.015]).toEqual([slug, true]);
  }
  const active = { 'mixtral-8x7b-v0.1': 12.9e9, 'qwen3-30b-a3b': 3.34e9, 'gpt-oss-120b': 5.7e9, 'deepseek-v3': 37.5e9 };
  for (const [slug, of] of Object.entries(active))
    expect([slug, Math.abs(sizesOf(model(slug)).active / of - 1) < 0.05]).toEqual([slug, true]);
});

test('block arithmetic gives the bytes of the formats', () => {
  const perWeight = (name: string): number => format(name).body.bytes / format(name).body.weights;
  expect(perWeight('nf4')).toBe(0.5625);
  expect(perWeight('nf4-dq')).toBeCloseTo(0.51587, 5);
  expect(perWeight('q4_0')).toBe(0.5625);
  expect(perWeight('q8_0')).toBe(1.0625);
  expect(perWeight('q6_k')).toBeCloseTo(0.8203, 4);
});

test('k-quant files of Llama 3 70B come out at their published sizes', () => {
  // GiB, from the perplexity table in llama.cpp pull request 6745.
  const published = { q2_k: 24.56, q3_k_m: 31.91, q4_k_m: 39.6, q5_k_m: 46.52, q6_k: 53.91, q8_0: 69.83, fp16: 131.43 };
  const sizes = sizesOf(model('llama-3-70b'));
  for (const [name, gib] of Object.entries(published)) {
    const computed = weightBytes(sizes, format(name)) / 1024 ** 3;
    expect([name, Math.abs(computed / gib - 1) < 0.02]).toEqual([name, true]);
  }
});

test('known architectures are possible, and the tables have one digest', () => {
  for (const { architecture } of models) expect(architectureFaults(architecture)).toEqual([]);
  expect(quantizations.length).toBeGreaterThan(12);
  const [first, second] = [plannerOptions(), plannerOptions()];
  expect(first.table_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(second.table_sha256).toBe(first.table_sha256);
});
