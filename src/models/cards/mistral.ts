import type { ModelCard } from '../card.js';
import { licences, openCard } from './open-card.js';

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
    licence: licences.apache,
    languages: ['en'],
    training_data: { general: 'Not published.', sources: 'Not published.', processing: 'Not published.' },
    sources: [{ title: 'Mistral 7B', url: 'https://arxiv.org/abs/2310.06825' }],
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
    licence: licences.apache,
    languages: ['en', 'fr', 'it', 'de', 'es'],
    training_data: {
      general: 'Not published.',
      sources: 'Extracted from the open web, in several languages.',
      processing: 'Not published.',
    },
    sources: [{ title: 'Mixtral of Experts', url: 'https://arxiv.org/abs/2401.04088' }],
  }),
];
