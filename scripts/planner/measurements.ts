import { architectureSchema, type Architecture } from '../../src/planner/architecture.js';
import type { TrainLoad } from '../../src/planner/memory.js';
import { findModel } from '../../src/planner/tables/models.js';
import type { SourceId } from '../../src/planner/tables/sources.js';

const qwen = (layers: number, hidden: number, heads: number, intermediate: number, vocab: number): Architecture =>
  architectureSchema.parse({
    layers,
    hidden,
    heads,
    kv_heads: heads,
    head_dim: 128,
    intermediate,
    vocab,
    context: 8192,
  });
/** The first Qwen models were measured but are not offered. */
const measuredOnly: Readonly<Record<string, Architecture>> = {
  'qwen-1.8b': qwen(24, 2048, 16, 5504, 151936),
  'qwen-7b': qwen(32, 4096, 32, 11008, 151936),
  'qwen-14b': qwen(40, 5120, 40, 13696, 152064),
  'qwen-72b': qwen(80, 8192, 64, 24576, 152064),
};
/** The architecture of a measured model. */
export function measuredModel(slug: string): Architecture {
  const found = measuredOnly[slug] ?? findModel(slug)?.architecture;
  if (!found) throw new Error(`no architecture for ${slug}`);
  return found;
}

/** Peak memory that somebody published of one training step. */
export interface TrainPeak {
  readonly model: string;
  readonly quantization: string;
  readonly load: TrainLoad;
  readonly gigabytes: number;
  readonly source: SourceId;
}
/** Seconds of one micro-step. */
export interface TrainSpeed {
  readonly model: string;
  readonly quantization: string;
  readonly gpu: string;
  readonly load: TrainLoad;
  readonly seconds: number;
  readonly source: SourceId;
}

const every = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
const base: TrainLoad = {
  method: 'lora',
  sequence: 1024,
  microBatch: 1,
  checkpointing: false,
  flashAttention: true,
  optimizer: 'adamw',
  rank: 8,
  targets: ['q', 'v'],
  gpus: 1,
  zeroStage: 0,
  allocatorOnly: true,
};
/** LitGPT: Alpaca, of which the longest example counts; 16-bit base, rank 8 on query and value, no recomputation. */
const litgpt = (
  model: string,
  quantization: string,
  sequence: number,
  microBatch: number,
  gigabytes: number,
): TrainPeak => ({
  model,
  quantization,
  gigabytes,
  source: 'litgpt-tables',
  load: { ...base, sequence, microBatch, method: quantization === 'bf16' ? 'lora' : 'qlora' },
});
/** Qwen: device memory, rank 64 on every matrix, recomputation, one sequence a micro-step, eight micro-steps a step. */
const alibaba = (method: TrainLoad['method'], sequence: number): TrainLoad => ({
  ...base,
  method,
  sequence,
  checkpointing: true,
  rank: 64,
  targets: every,
  allocatorOnly: false,
});
const lengths = [256, 512, 1024, 2048, 4096, 8192] as const;
const bits = (method: TrainLoad['method']): string => (method === 'qlora' ? 'gptq-int4' : 'bf16');
const qwenPeaks = (model: string, method: TrainLoad['method'], gigabytes: readonly number[]): readonly TrainPeak[] =>
  gigabytes.map((value, i) => ({
    model,
    quantization: bits(method),
    gigabytes: value,
    source: 'qwen-readme',
    load: alibaba(method, lengths[i] ?? 0),
  }));
const qwenSpeeds = (model: string, method: TrainLoad['method'], seconds: readonly number[]): readonly TrainSpeed[] =>
  seconds.map((value, i) => ({
    model,
    quantization: bits(method),
    gpu: 'a100-80gb-sxm',
    seconds: value / 8,
    source: 'qwen-readme',
    load: alibaba(method, lengths[i] ?? 0),
  }));
const torchtune: TrainLoad = { ...base, sequence: 2048, microBatch: 2, targets: ['q', 'k', 'v', 'o'] };

export const trainPeaks: readonly TrainPeak[] = [
  litgpt('phi-1_5', 'bf16', 1044, 1, 4.82),
  litgpt('phi-1_5', 'bf16', 1044, 2, 6.76),
  litgpt('phi-1_5', 'bf16', 1044, 4, 10.68),
  litgpt('phi-1_5', 'nf4', 1044, 1, 3.78),
  litgpt('phi-1_5', 'nf4-dq', 1044, 1, 3.72),
  litgpt('stablelm-base-alpha-3b', 'bf16', 1034, 1, 9.69),
  litgpt('stablelm-base-alpha-3b', 'bf16', 1034, 2, 12.1),
  litgpt('stablelm-base-alpha-3b', 'bf16', 1034, 4, 16.92),
  litgpt('stablelm-base-alpha-3b', 'nf4', 1034, 1, 6.35),
  litgpt('stablelm-base-alpha-3b', 'nf4-dq', 1034, 1, 6.19),
  litgpt('llama-2-7b', 'bf16', 1304, 1, 21.3),
  litgpt('llama-2-7b', 'bf16', 1304, 2, 29.07),
  litgpt('llama-2-7b', 'nf4', 1304, 1, 14.14),
  litgpt('llama-2-7b', 'nf4-dq', 1304, 1, 13.84),
  litgpt('llama-2-13b', 'bf16', 1304, 1, 38.12),
  litgpt('llama-2-13b', 'nf4', 1304, 1, 23.14),
  litgpt('llama-2-13b', 'nf4-dq', 1304, 1, 22.55),
  ...qwenPeaks('qwen-1.8b', 'lora', [6.7, 7.4, 8.4, 11.0, 16.2, 21.8]),
  ...qwenPeaks('qwen-1.8b', 'qlora', [5.8, 6.0, 6.6, 7.8, 10.2, 15.8]),
  ...qwenPeaks('qwen-1.8b', 'full', [43.5, 43.5, 43.5, 43.5, 47.1, 48.3]),
  ...qwenPeaks('qwen-7b', 'lora', [20.1, 20.4, 21.5, 23.8, 29.7, 36.6]),
  ...qwenPeaks('qwen-7b', 'qlora', [11.5, 11.5, 12.3, 13.9, 16.9, 23.5]),
  ...qwenPeaks('qwen-14b', 'lora', [34.6, 35.1, 35.3, 37.4, 42.5, 55.2]),
  ...qwenPeaks('qwen-14b', 'qlora', [18.7, 18.4, 18.9, 19.9, 23.0, 27.9]),
  ...qwenPeaks('qwen-72b', 'qlora', [61.4, 61.4, 62.9, 64.1, 68.0, 75.6]),
  // Both GPUs together in the source; ZeRO-3 holds half on each.
  ...[139.2, 148, 162].map((both, i): TrainPeak => ({
    model: 'qwen-7b',
    quantization: 'bf16',
    gigabytes: both / 2,
    source: 'qwen-readme',
    load: { ...alibaba('full', lengths[i] ?? 0), gpus: 2, zeroStage: 3 },
  })),
  // torchtune, GiB in the source. Its single-device full fine-tune steps inside the backward pass: not modelled, left out.
  {
    model: 'llama-3.1-8b',
    quantization: 'bf16',
    gigabytes: 16.2 * 1.073741824,
    source: 'torchtune',
    load: { ...torchtune, checkpointing: true },
  },
  { model: 'llama-3.1-8b', quantization: 'bf16', gigabytes: 30.3 * 1.073741824, source: 'torchtune', load: torchtune },
  {
    model: 'llama-3.1-8b',
    quantization: 'nf4-dq',
    gigabytes: 7.4 * 1.073741824,
    source: 'torchtune',
    load: { ...torchtune, method: 'qlora', checkpointing: true },
  },
];

export const trainSpeeds: readonly TrainSpeed[] = [
  ...qwenSpeeds('qwen-1.8b', 'lora', [1.0, 1.0, 1.1, 1.7, 3.3, 6.8]),
  ...qwenSpeeds('qwen-1.8b', 'qlora', [1.4, 1.4, 1.4, 2.0, 3.4, 6.5]),
  ...qwenSpeeds('qwen-1.8b', 'full', [2.1, 2.2, 2.2, 2.3, 2.8, 5.6]),
  ...qwenSpeeds('qwen-7b', 'lora', [1.2, 1.5, 2.8, 5.2, 10.1, 21.3]),
  ...qwenSpeeds('qwen-7b', 'qlora', [3.0, 3.0, 3.5, 7.0, 11.6, 22.3]),
  ...qwenSpeeds('qwen-14b', 'lora', [1.6, 2.4, 4.4, 8.4, 17.0, 36.0]),
  ...qwenSpeeds('qwen-14b', 'qlora', [5.3, 6.3, 8.2, 11.8, 20.1, 38.3]),
  ...qwenSpeeds('qwen-72b', 'qlora', [27.4, 31.5, 41.4, 59.5, 97.7, 179.8]),
  // torchtune publishes tokens a second.
  ...(
    [
      ['rtx-4090', 'bf16', 3083, true],
      ['rtx-a6000', 'bf16', 4699, false],
      ['rtx-4090', 'nf4-dq', 2413, true],
    ] as const
  ).map(([gpu, quantization, rate, checkpointing]): TrainSpeed => ({
    model: 'llama-3.1-8b',
    quantization,
    gpu,
    seconds: 4096 / rate,
    source: 'torchtune',
    load: { ...torchtune, checkpointing, method: quantization === 'bf16' ? 'lora' : 'qlora' },
  })),
];

/** Peak memory of generating on one GPU, as the allocator counts it; the tokens are prompt and output. */
export interface ServePeak {
  readonly model: string;
  readonly quantization: string;
  readonly tokens: number;
  readonly gigabytes: number;
  readonly source: SourceId;
}
const served = (
  model: string,
  tokens: number,
  source: SourceId,
  given: Readonly<Record<string, number>>,
): readonly ServePeak[] =>
  Object.entries(given).map(([quantization, gigabytes]) => ({ model, tokens, source, quantization, gigabytes }));
export const servePeaks: readonly ServePeak[] = [
  ...served('phi-1_5', 58, 'litgpt-tables', { bf16: 2.86, nf4: 1.39, 'nf4-dq': 1.33 }),
  ...served('stablelm-base-alpha-3b', 58, 'litgpt-tables', { bf16: 7.3, nf4: 3.2, 'nf4-dq': 3.04 }),
  ...served('llama-2-7b', 58, 'litgpt-tables', { bf16: 13.52, nf4: 4.57, 'nf4-dq': 4.26 }),
  ...served('llama-2-13b', 58, 'litgpt-tables', { bf16: 26.21, nf4: 8.32, 'nf4-dq': 7.72 }),
  ...served('codellama-34b', 58, 'litgpt-tables', { nf4: 20.52, 'nf4-dq': 18.95 }),
  ...served('falcon-40b', 58, 'litgpt-tables', { nf4: 26.55, 'nf4-dq': 24.63 }),
  ...served('llama-2-70b', 58, 'litgpt-tables', { 'nf4-dq': 37.21 }),
  ...served('qwen-1.8b', 2056, 'qwen-readme', { bf16: 4.23, 'gptq-int8': 3.48, 'gptq-int4': 2.91 }),
  ...served('qwen-7b', 2056, 'qwen-readme', { bf16: 16.99, 'gptq-int8': 11.2, 'gptq-int4': 8.21 }),
  ...served('qwen-14b', 2056, 'qwen-readme', { bf16: 30.15, 'gptq-int8': 18.81, 'gptq-int4': 13.01 }),
  ...served('qwen-72b', 2056, 'qwen-readme', { 'gptq-int4': 48.86 }),
];
