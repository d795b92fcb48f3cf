import { architectureSchema, type Architecture } from '../architecture.js';
import type { z } from 'zod';
import type { SourceId } from './sources.js';

/** One known model: its architecture and the two places that agree on it. */
export interface KnownModel {
  readonly slug: string;
  readonly family: string;
  /** Repository of the weights. */
  readonly repository: string;
  readonly architecture: Architecture;
  readonly sources: readonly [SourceId, SourceId];
}
type Shape = z.input<typeof architectureSchema>;
type Numbers = readonly [layers: number, hidden: number, heads: number, kvHeads: number, headDim: number];

const read = (
  family: string,
  repository: string,
  shape: Shape,
  second: SourceId = 'litgpt',
  slug = (repository.split('/')[1] ?? '').toLowerCase(),
): KnownModel => ({
  slug,
  family,
  repository,
  architecture: architectureSchema.parse(shape),
  sources: ['huggingface', second],
});
const shape = (
  [layers, hidden, heads, kv_heads, head_dim]: Numbers,
  [intermediate, vocab, context]: readonly [number, number, number],
  more: Partial<Shape> = {},
): Shape => ({ layers, hidden, heads, kv_heads, head_dim, intermediate, vocab, context, ...more });
const tied = { tied_embeddings: true };
const plain = { gated_mlp: false };
const moe = (count: number, active: number, intermediate: number, more = {}): Partial<Shape> => ({
  experts: { count, active, intermediate, ...more },
});
const sliding = (window: number, full_layers: number): Partial<Shape> => ({
  attention: { kind: 'sliding', window, full_layers },
});
/** Gated DeltaNet keeps one matrix per value head in 32 bits, and three columns of its convolution. */
const deltaNet = (full_layers: number, valueHeads: number): Partial<Shape> => ({
  attention: {
    kind: 'hybrid',
    full_layers,
    state_bytes_per_layer: valueHeads * 128 * 128 * 4 + (2 * 16 * 128 + valueHeads * 128) * 3 * 2,
  },
});
const latent = (q_lora_rank: number | null): Partial<Shape> => ({
  attention: { kind: 'latent', kv_lora_rank: 512, q_lora_rank, rope_dim: 64, nope_dim: 128, value_dim: 128 },
});

const llama8b = shape([32, 4096, 32, 8, 128], [14336, 128256, 131072]);
const llama70b = shape([80, 8192, 64, 8, 128], [28672, 128256, 131072]);

export const models: readonly KnownModel[] = [
  read('llama', 'meta-llama/Llama-2-7b', shape([32, 4096, 32, 32, 128], [11008, 32000, 4096])),
  read('llama', 'meta-llama/Llama-2-13b', shape([40, 5120, 40, 40, 128], [13824, 32000, 4096])),
  read('llama', 'meta-llama/Llama-2-70b', shape([80, 8192, 64, 8, 128], [28672, 32000, 4096])),
  read('llama', 'codellama/CodeLlama-34b', shape([48, 8192, 64, 8, 128], [22016, 32000, 16384])),
  read('llama', 'meta-llama/Llama-3-8B', { ...llama8b, context: 8192 }),
  read('llama', 'meta-llama/Llama-3-70B', { ...llama70b, context: 8192 }),
  read('llama', 'meta-llama/Llama-3.1-8B', llama8b),
  read('llama', 'meta-llama/Llama-3.1-70B', llama70b),
  read('llama', 'meta-llama/Llama-3.1-405B', shape([126, 16384, 128, 8, 128], [53248, 128256, 131072])),
  read('llama', 'meta-llama/Llama-3.2-1B', shape([16, 2048, 32, 8, 64], [8192, 128256, 131072], tied)),
  read('llama', 'meta-llama/Llama-3.2-3B', shape([28, 3072, 24, 8, 128], [8192, 128256, 131072], tied)),
  read(
    'llama',
    'TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T',
    shape([22, 2048, 32, 4, 64], [5632, 32000, 2048]),
    'litgpt',
    'tinyllama-1.1b',
  ),
  read('mistral', 'mistralai/Mistral-7B-v0.1', shape([32, 4096, 32, 8, 128], [14336, 32000, 32768], sliding(4096, 0))),
  read('mistral', 'mistralai/Mistral-7B-v0.3', shape([32, 4096, 32, 8, 128], [14336, 32768, 32768])),
  read(
    'mistral',
    'mistralai/Mixtral-8x7B-v0.1',
    shape([32, 4096, 32, 8, 128], [14336, 32000, 32768], moe(8, 2, 14336)),
  ),
  read('qwen', 'Qwen/Qwen2-7B', shape([28, 3584, 28, 4, 128], [18944, 152064, 131072]), 'transformers'),
  read('qwen', 'Qwen/Qwen2.5-0.5B', shape([24, 896, 14, 2, 64], [4864, 151936, 32768], tied)),
  read('qwen', 'Qwen/Qwen2.5-1.5B', shape([28, 1536, 12, 2, 128], [8960, 151936, 131072], tied)),
  read('qwen', 'Qwen/Qwen2.5-3B', shape([36, 2048, 16, 2, 128], [11008, 151936, 32768], tied)),
  read('qwen', 'Qwen/Qwen2.5-7B', shape([28, 3584, 28, 4, 128], [18944, 152064, 131072])),
  read('qwen', 'Qwen/Qwen2.5-14B', shape([48, 5120, 40, 8, 128], [13824, 152064, 131072])),
  read('qwen', 'Qwen/Qwen2.5-32B', shape([64, 5120, 40, 8, 128], [27648, 152064, 131072])),
  read('qwen', 'Qwen/Qwen2.5-72B', shape([80, 8192, 64, 8, 128], [29568, 152064, 131072])),
  read('qwen', 'Qwen/Qwen3-8B', shape([36, 4096, 32, 8, 128], [12288, 151936, 40960])),
  read('qwen', 'Qwen/Qwen3-32B', shape([64, 5120, 64, 8, 128], [25600, 151936, 40960])),
  read('qwen', 'Qwen/Qwen3-30B-A3B', shape([48, 2048, 32, 4, 128], [6144, 151936, 40960], moe(128, 8, 768))),
  read('qwen', 'Qwen/Qwen3-235B-A22B', shape([94, 4096, 64, 4, 128], [12288, 151936, 40960], moe(128, 8, 1536))),
  read(
    'qwen',
    'Qwen/Qwen3-Next-80B-A3B',
    shape([48, 2048, 16, 2, 256], [5632, 151936, 262144], {
      ...deltaNet(12, 32),
      ...moe(512, 10, 512, { shared: 1 }),
      params_total: 80_000_000_000,
      params_active: 3_000_000_000,
    }),
    'transformers',
  ),
  read(
    'qwen',
    'Qwen/Qwen3.5-27B',
    shape([64, 5120, 24, 4, 256], [17408, 248320, 262144], { ...deltaNet(16, 48), params_total: 27_000_000_000 }),
    'slime',
  ),
  read(
    'gemma',
    'google/gemma-2-9b',
    shape([42, 3584, 16, 8, 256], [14336, 256000, 8192], { ...tied, ...sliding(4096, 21) }),
  ),
  read(
    'gemma',
    'google/gemma-3-4b',
    shape([34, 2560, 8, 4, 256], [10240, 262144, 131072], { ...tied, ...sliding(1024, 5) }),
  ),
  read(
    'gemma',
    'google/gemma-3-27b',
    shape([62, 5376, 32, 16, 128], [21504, 262144, 131072], { ...tied, ...sliding(1024, 10) }),
  ),
  read(
    'gpt-oss',
    'openai/gpt-oss-20b',
    shape([24, 2880, 64, 8, 64], [2880, 201088, 131072], { ...sliding(128, 12), ...moe(32, 4, 2880) }),
    'transformers',
  ),
  read(
    'gpt-oss',
    'openai/gpt-oss-120b',
    shape([36, 2880, 64, 8, 64], [2880, 201088, 131072], { ...sliding(128, 18), ...moe(128, 4, 2880) }),
    'transformers',
  ),
  read(
    'deepseek',
    'deepseek-ai/DeepSeek-V2-Lite',
    shape([27, 2048, 16, 16, 192], [10944, 102400, 163840], {
      ...latent(null),
      ...moe(64, 6, 1408, { shared: 2, dense_layers: 1 }),
    }),
    'transformers',
  ),
  read(
    'deepseek',
    'deepseek-ai/DeepSeek-V3',
    shape([61, 7168, 128, 128, 192], [18432, 129280, 163840], {
      ...latent(1536),
      ...moe(256, 8, 2048, { shared: 1, dense_layers: 3 }),
    }),
    'transformers',
  ),
  read('smollm', 'HuggingFaceTB/SmolLM2-1.7B', shape([24, 2048, 32, 32, 64], [8192, 49152, 8192], tied)),
  read('olmo', 'allenai/OLMo-2-1124-7B', shape([32, 4096, 32, 32, 128], [11008, 100352, 4096]), 'litgpt', 'olmo-2-7b'),
  read('phi', 'microsoft/phi-1_5', shape([24, 2048, 32, 32, 64], [8192, 51200, 2048], plain)),
  read('phi', 'microsoft/phi-4', shape([40, 5120, 40, 10, 128], [17920, 100352, 16384])),
  read('falcon', 'tiiuae/falcon-40b', shape([60, 8192, 128, 8, 64], [32768, 65024, 2048], { ...plain, ...tied })),
  read('stablelm', 'stabilityai/stablelm-base-alpha-3b', shape([16, 4096, 32, 32, 128], [16384, 50688, 4096], plain)),
];
/** The model with exactly this slug. */
export const findModel = (slug: string): KnownModel | undefined => models.find((model) => model.slug === slug);
