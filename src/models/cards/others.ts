import type { ModelCard } from '../card.js';
import { licences, openCard } from './open-card.js';

/** Gemma, Phi, SmolLM and OLMo. */
export const otherCards: readonly ModelCard[] = [
  openCard({
    slug: 'gemma-2-9b',
    name: 'Gemma 2 9B',
    publisher: 'Google',
    family: 'Gemma',
    revision: '2',
    released_on: '2024-06-27',
    params_total: 9_241_705_984,
    licence: licences.gemma,
    languages: ['en'],
    training_data: {
      general: 'About 8 trillion tokens.',
      sources: 'Web documents, code and scientific articles, mostly English; the sets are not named.',
      processing: 'Filtered for safety, personal data and contamination with evaluations.',
    },
    sources: [
      { title: 'Gemma 2: Improving Open Language Models at a Practical Size', url: 'https://arxiv.org/abs/2408.00118' },
    ],
  }),
  openCard({
    slug: 'phi-4',
    name: 'Phi-4',
    publisher: 'Microsoft',
    family: 'Phi',
    revision: '4',
    released_on: '2024-12-12',
    params_total: 14_659_507_200,
    licence: licences.mit,
    languages: ['en'],
    training_data: {
      general: 'About 10 trillion tokens, cut off in June 2024.',
      sources: 'Synthetic data, filtered web pages, books and code; the sets are not named.',
      processing: 'Decontaminated against the evaluations that its report names.',
    },
    sources: [{ title: 'Phi-4 Technical Report', url: 'https://arxiv.org/abs/2412.08905' }],
  }),
  openCard({
    slug: 'smollm2-1.7b',
    name: 'SmolLM2 1.7B',
    publisher: 'Hugging Face',
    family: 'SmolLM',
    revision: '2',
    released_on: '2024-11-01',
    params_total: 1_711_376_384,
    licence: licences.apache,
    languages: ['en'],
    training_data: {
      general: '11 trillion tokens.',
      sources: 'FineWeb-Edu, DCLM, The Stack and new sets of mathematics and code.',
      processing: 'Mixed in stages, with the better sets later.',
    },
    sources: [{ title: 'SmolLM2: When Smol Goes Big', url: 'https://arxiv.org/abs/2502.02737' }],
  }),
  openCard({
    slug: 'olmo-2-7b',
    name: 'OLMo 2 7B',
    publisher: 'Allen Institute for AI',
    family: 'OLMo',
    revision: '1124',
    released_on: '2024-11-26',
    params_total: 7_298_617_344,
    licence: licences.apache,
    languages: ['en'],
    training_data: {
      general: 'About 4 trillion tokens.',
      sources: 'OLMo-mix-1124 and Dolmino-mix-1124, both published.',
      processing: 'Documented with the sets, and repeatable.',
    },
    sources: [{ title: '2 OLMo 2 Furious', url: 'https://arxiv.org/abs/2501.00656' }],
  }),
];
