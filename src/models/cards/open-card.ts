import { findModel } from '../../planner/tables/models.js';
import { cardArchitecture, modelCardSchema, type ModelCard } from '../card.js';

/** What differs from card to card; the rest is said once below, and the architecture by the planner's table. */
type CardFacts = Omit<
  ModelCard,
  | 'architecture'
  | 'params_active'
  | 'base_model'
  | 'formats'
  | 'modalities'
  | 'evaluations'
  | 'forbidden_use'
  | 'carbon_tonnes'
  | 'limits'
  | 'intended_use'
> &
  Partial<ModelCard>;

/**
 * A card of a well-known open model that the planner's table has. Weights are not kept here and their digests were not
 * read, so a format names no file: a pin of such a card binds the card alone, and a card staged with files binds them too.
 */
export function openCard({ sources, ...facts }: CardFacts): ModelCard {
  const known = findModel(facts.slug);
  if (!known) throw new Error(`openCard: the planner knows no ${facts.slug}`);
  return modelCardSchema.parse({
    params_active: facts.params_total,
    architecture: cardArchitecture.strip().parse(known.architecture),
    base_model: null,
    formats: [{ name: 'safetensors, bfloat16', bits: 16, files: [] }],
    modalities: ['text'],
    evaluations: [],
    limits: [
      'May state false things with confidence; outputs need checking.',
      'Not evaluated here: evaluations are listed only with their source.',
    ],
    intended_use: ['Research and products, as a base for prompting or for fine-tuning.'],
    forbidden_use: ['Uses that the licence or its acceptable use policy rules out.'],
    carbon_tonnes: null,
    ...facts,
    sources: [
      {
        title: `config.json of ${known.repository}`,
        url: `https://huggingface.co/${known.repository}/blob/main/config.json`,
      },
      ...sources,
    ],
  });
}

const licence = (id: string, url: string, allows: 'yes' | 'conditions'): ModelCard['licence'] => ({
  id,
  url,
  commercial: allows,
  training: allows,
  redistribution: allows,
});
export const licences = {
  apache: licence('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0', 'yes'),
  mit: licence('MIT', 'https://opensource.org/license/mit', 'yes'),
  llama31: licence('LicenseRef-Llama-3.1-Community', 'https://www.llama.com/llama3_1/license/', 'conditions'),
  llama32: licence('LicenseRef-Llama-3.2-Community', 'https://www.llama.com/llama3_2/license/', 'conditions'),
  qwen: licence('LicenseRef-Qwen', 'https://huggingface.co/Qwen/Qwen2.5-72B/blob/main/LICENSE', 'conditions'),
  gemma: licence('LicenseRef-Gemma', 'https://ai.google.dev/gemma/terms', 'conditions'),
} as const;
