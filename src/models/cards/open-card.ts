import type { Architecture, ModelCard } from '../card.js';

/** What differs from card to card; the rest is said once below. */
export type CardFacts = Omit<
  ModelCard,
  'params_active' | 'base_model' | 'formats' | 'modalities' | 'evaluations' | 'forbidden_use' | 'carbon_tonnes'
> &
  Partial<ModelCard>;

/**
 * A card of a well-known open model. Weights are not kept here and their digests were not read, so a format names no
 * file: a pin of such a card binds the card alone, and a card staged with files binds them too.
 */
export const openCard = (facts: CardFacts): ModelCard => ({
  params_active: facts.params_total,
  base_model: null,
  formats: [{ name: 'safetensors, bfloat16', bits: 16, files: [] }],
  modalities: ['text'],
  evaluations: [],
  forbidden_use: ['Uses that the licence or its acceptable use policy rules out.'],
  carbon_tonnes: null,
  ...facts,
});

/** A dense decoder with full attention, two norms a layer and no biases, unless said otherwise. */
export const decoder = (
  shape: Pick<
    Architecture,
    'layers' | 'hidden' | 'heads' | 'kv_heads' | 'head_dim' | 'intermediate' | 'vocab' | 'context'
  > &
    Partial<Architecture>,
): Architecture => ({
  attention: { layout: 'full', window: null },
  experts: null,
  tied_embeddings: false,
  qkv_bias: false,
  qk_norm: 'none',
  norms_per_layer: 2,
  ...shape,
});

export const configOf = (repository: string): { readonly title: string; readonly url: string } => ({
  title: `config.json of ${repository}`,
  url: `https://huggingface.co/${repository}/blob/main/config.json`,
});
