import type { ModelCard } from '../card.js';
import { configOf, decoder, openCard } from './open-card.js';

const limits = [
  'May state false things with confidence; outputs need checking.',
  'Not evaluated here: evaluations are listed only with their source.',
];
const intended_use = ['Research and products, as a base for prompting or for fine-tuning.'];
const apache = {
  id: 'Apache-2.0',
  url: 'https://www.apache.org/licenses/LICENSE-2.0',
  commercial: 'yes',
  training: 'yes',
  redistribution: 'yes',
} as const;

/** Mistral and Mixtral. */
export const mistralCards: readonly ModelCard[] = [
  openCard({
    slug: 'mistral-7b-v0.3',
    name: 'Mistral 7B v0.3',
    publisher: 'Mistral AI',
    family: 'Mistral',
    revision: '0.3',
    released_on: '2024-05-22',
    params_total: 7_248_023_552,
    architecture: decoder({
      layers: 32,
      hidden: 4096,
      heads: 32,
      kv_heads: 8,
      head_dim: 128,
      intermediate: 14_336,
      vocab: 32_768,
      context: 32_768,
    }),
    licence: apache,
    languages: ['en'],
    training_data: { general: 'Not published.', sources: 'Not published.', processing: 'Not published.' },
    limits,
    intended_use,
    sources: [configOf('mistralai/Mistral-7B-v0.3'), { title: 'Mistral 7B', url: 'https://arxiv.org/abs/2310.06825' }],
  }),
  openCard({
    slug: 'mixtral-8x7b-v0.1',
    name: 'Mixtral 8x7B v0.1',
    publisher: 'Mistral AI',
    family: 'Mistral',
    revision: '0.1',
    released_on: '2023-12-11',
    params_total: 46_702_792_704,
    params_active: 12_879_925_248,
    architecture: decoder({
      layers: 32,
      hidden: 4096,
      heads: 32,
      kv_heads: 8,
      head_dim: 128,
      intermediate: 14_336,
      vocab: 32_000,
      context: 32_768,
      experts: { total: 8, active: 2 },
    }),
    licence: apache,
    languages: ['en', 'fr', 'it', 'de', 'es'],
    training_data: {
      general: 'Not published.',
      sources: 'Extracted from the open web, in several languages.',
      processing: 'Not published.',
    },
    limits,
    intended_use,
    sources: [
      configOf('mistralai/Mixtral-8x7B-v0.1'),
      { title: 'Mixtral of Experts', url: 'https://arxiv.org/abs/2401.04088' },
    ],
  }),
];
