/** Numbers of a decoder-only transformer with gated feed-forward layers, as published. */
export interface TransformerShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly experts: { readonly total: number; readonly active: number } | null;
  readonly tied_embeddings: boolean;
  readonly qkv_bias: boolean;
  readonly qk_norm: 'none' | 'head' | 'all_heads';
  readonly norms_per_layer: number;
}

/** Parameters that follow from the shape: a card whose count differs has a wrong number somewhere. */
export function countParameters(shape: TransformerShape, which: 'total' | 'active'): number {
  const { layers, hidden, heads, kv_heads, head_dim, intermediate, vocab, experts } = shape;
  const queries = heads * head_dim;
  const keys = kv_heads * head_dim;
  const bias = shape.qkv_bias ? queries + 2 * keys : 0;
  const attention = hidden * (queries + 2 * keys) + queries * hidden + bias;
  const norms = shape.norms_per_layer * hidden + normOfQueries(shape, queries, keys);
  const copies = experts ? experts[which] : 1;
  const router = experts ? hidden * experts.total : 0;
  const layer = attention + norms + router + copies * 3 * hidden * intermediate;
  return vocab * hidden * (shape.tied_embeddings ? 1 : 2) + layers * layer + hidden;
}

function normOfQueries({ qk_norm, head_dim }: TransformerShape, queries: number, keys: number): number {
  switch (qk_norm) {
    case 'none':
      return 0;
    case 'head':
      return 2 * head_dim;
    case 'all_heads':
      return queries + keys;
  }
}

/** Bytes of key and value that one token of context takes, at two bytes a number. */
export const cacheBytesPerToken = ({
  layers,
  kv_heads,
  head_dim,
}: Pick<TransformerShape, 'layers' | 'kv_heads' | 'head_dim'>): number => 2 * 2 * layers * kv_heads * head_dim;

export type CatalogState = 'listed' | 'deprecated' | 'withdrawn';

/** Whether a model may still be chosen. A deprecated one may: who depends on it needs time to leave. */
export const mayPin = (state: CatalogState): boolean => state !== 'withdrawn';
