import { z } from 'zod';

const whole = (most: number): z.ZodInt => z.int().min(1).max(most);
const attention = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('full') }),
  z.strictObject({ kind: z.literal('sliding'), window: whole(10_000_000), full_layers: z.int().min(0).max(1000) }),
  z.strictObject({
    kind: z.literal('latent'),
    kv_lora_rank: whole(100_000),
    q_lora_rank: whole(100_000).nullable(),
    rope_dim: whole(10_000),
    nope_dim: whole(10_000),
    value_dim: whole(10_000),
  }),
  z.strictObject({
    kind: z.literal('hybrid'),
    full_layers: z.int().min(0).max(1000),
    state_bytes_per_layer: z.int().min(0).max(1_000_000_000),
  }),
]);
const experts = z.strictObject({
  count: whole(10_000),
  active: whole(10_000),
  shared: z.int().min(0).max(1000).default(0),
  intermediate: whole(10_000_000),
  dense_layers: z.int().min(0).max(1000).default(0),
});

/** What a decoder-only transformer is made of: the one shape that the planner and a model card share. */
export const architectureSchema = z
  .strictObject({
    layers: whole(1000),
    hidden: whole(1_000_000),
    heads: whole(10_000),
    kv_heads: whole(10_000),
    head_dim: whole(10_000),
    intermediate: whole(10_000_000),
    vocab: whole(10_000_000),
    context: whole(10_000_000),
    gated_mlp: z.boolean().default(true),
    tied_embeddings: z.boolean().default(false),
    attention: attention.default({ kind: 'full' }),
    experts: experts.nullable().default(null),
    params_total: whole(100_000_000_000_000).nullable().default(null),
    params_active: whole(100_000_000_000_000).nullable().default(null),
  })
  .meta({ id: 'Architecture' });
export type Architecture = z.output<typeof architectureSchema>;

interface ArchitectureFault {
  readonly path: string;
  readonly message: string;
}

/** What no architecture can be, though each of its numbers is possible by itself. */
export function architectureFaults(model: Architecture): readonly ArchitectureFault[] {
  const faults: ArchitectureFault[] = [];
  const { attention: layout, experts: moe, params_total: total, params_active: active } = model;
  if (layout.kind !== 'latent' && model.heads % model.kv_heads !== 0)
    faults.push({
      path: '/kv_heads',
      message: `${String(model.kv_heads)} does not divide ${String(model.heads)} heads`,
    });
  if ((layout.kind === 'sliding' || layout.kind === 'hybrid') && layout.full_layers > model.layers)
    faults.push({ path: '/attention/full_layers', message: `is more than the ${String(model.layers)} layers` });
  if (moe && moe.active > moe.count)
    faults.push({ path: '/experts/active', message: `is more than the ${String(moe.count)} experts` });
  if (moe && moe.dense_layers > model.layers)
    faults.push({ path: '/experts/dense_layers', message: `is more than the ${String(model.layers)} layers` });
  if (layout.kind === 'hybrid' && total === null)
    faults.push({
      path: '/params_total',
      message: 'is needed: the size of a linear layer does not follow from the rest',
    });
  if (layout.kind === 'hybrid' && moe && active === null)
    faults.push({ path: '/params_active', message: 'is needed for a hybrid with experts' });
  if (active !== null && total !== null && active > total)
    faults.push({ path: '/params_active', message: 'is more than params_total' });
  if (total !== null && total < embeddingParams(model))
    faults.push({ path: '/params_total', message: 'is less than the embeddings alone' });
  return faults;
}

/** Parameters of an architecture, by the parts that are stored and read differently. */
export interface Sizes {
  readonly total: number;
  /** Read for one token: all of a dense model, the chosen experts of another. */
  readonly active: number;
  /** Input and output embeddings, which weight-only quantization leaves alone. */
  readonly embedding: number;
  /** What weight-only quantization touches. */
  readonly body: number;
  /** Expert matrices within the body. */
  readonly routed: number;
  /** Share of the body in the matrices that k-quant mixtures raise. */
  readonly down: number;
  readonly value: number;
  readonly output: number;
}

const embeddingParams = ({ vocab, hidden, tied_embeddings }: Architecture): number =>
  vocab * hidden * (tied_embeddings ? 1 : 2);

/** Parameters of the attention of one layer, and of its value and output matrices. */
function attentionParams(model: Architecture): { all: number; value: number; output: number } {
  const { hidden, heads, kv_heads, head_dim, attention: layout } = model;
  if (layout.kind === 'latent') {
    const { kv_lora_rank, q_lora_rank, rope_dim, nope_dim, value_dim } = layout;
    const query = heads * (nope_dim + rope_dim);
    const queries = q_lora_rank === null ? hidden * query : hidden * q_lora_rank + q_lora_rank * query;
    const keys = hidden * (kv_lora_rank + rope_dim) + kv_lora_rank * heads * (nope_dim + value_dim);
    const output = heads * value_dim * hidden;
    return { all: queries + keys + output, value: kv_lora_rank * heads * value_dim, output };
  }
  const query = hidden * heads * head_dim;
  const key = hidden * kv_heads * head_dim;
  return { all: 2 * query + 2 * key, value: key, output: query };
}

/** Sizes by PARAM-1: published counts win over computed ones. */
export function sizesOf(model: Architecture): Sizes {
  const { hidden, layers, experts: moe } = model;
  const matrices = model.gated_mlp ? 3 : 2;
  const perAttention = attentionParams(model);
  const dense = matrices * hidden * model.intermediate;
  const denseLayers = moe ? moe.dense_layers : layers;
  const sparseLayers = layers - denseLayers;
  const perExpert = moe ? matrices * hidden * moe.intermediate : 0;
  const router = moe ? hidden * moe.count : 0;
  const routed = moe ? sparseLayers * moe.count * perExpert : 0;
  const alwaysOn = moe ? sparseLayers * (moe.shared * perExpert + router) : 0;
  const embedding = embeddingParams(model);
  const norms = (2 * layers + 1) * hidden;
  const rest = layers * perAttention.all + denseLayers * dense + alwaysOn;
  const computed = embedding + norms + rest + routed;
  const total = model.params_total ?? computed;
  const idle = moe ? sparseLayers * (moe.count - moe.active) * perExpert : 0;
  const active = model.params_active ?? Math.max(1, total - idle);
  const body = Math.max(0, total - embedding);
  const share = (params: number): number => Math.min(1, params / Math.max(1, rest + routed));
  const downShare = share((denseLayers * dense + routed + sparseLayers * (moe?.shared ?? 0) * perExpert) / matrices);
  return {
    total,
    active,
    embedding,
    body,
    routed: Math.min(routed, body),
    down: downShare,
    value: share(layers * perAttention.value),
    output: share(layers * perAttention.output),
  };
}

/** Tokens of one block of a paged cache. */
export const KV_BLOCK = 16;

/** Bytes of key-value cache of one sequence (KV-1 to KV-4 by the layout of the attention). */
export function cacheBytes(model: Architecture, tokens: number, bytes: number): number {
  const paged = Math.ceil(tokens / KV_BLOCK) * KV_BLOCK;
  const { layers, kv_heads, head_dim, attention: layout } = model;
  const perLayerToken = 2 * kv_heads * head_dim * bytes;
  switch (layout.kind) {
    case 'full':
      return layers * perLayerToken * paged;
    case 'sliding': {
      const windowed = Math.min(paged, Math.ceil(layout.window / KV_BLOCK) * KV_BLOCK);
      return perLayerToken * (layout.full_layers * paged + (layers - layout.full_layers) * windowed);
    }
    case 'latent':
      return layers * (layout.kv_lora_rank + layout.rope_dim) * bytes * paged;
    case 'hybrid':
      return layout.full_layers * perLayerToken * paged + (layers - layout.full_layers) * layout.state_bytes_per_layer;
  }
}

/** What one more token of a short context adds to the cache, at two bytes a number. */
export const cacheBytesPerToken = (model: Architecture): number =>
  (cacheBytes(model, 2 * KV_BLOCK, 2) - cacheBytes(model, KV_BLOCK, 2)) / KV_BLOCK;

/** The formula that cacheBytes applied. */
export const cacheFormula = ({ attention: { kind } }: Architecture): string =>
  ({ full: 'KV-1', sliding: 'KV-2', latent: 'KV-3', hybrid: 'KV-4' })[kind];
