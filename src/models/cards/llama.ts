import type { ModelCard } from '../card.js';
import { licences, openCard } from './open-card.js';

/** Llama and what shares its architecture. */
export const llamaCards: readonly ModelCard[] = [
  openCard({
    slug: 'llama-3.1-8b',
    name: 'Llama 3.1 8B',
    publisher: 'Meta',
    family: 'Llama',
    revision: '3.1',
    released_on: '2024-07-23',
    params_total: 8_030_261_248,
    licence: licences.llama31,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general: 'About 15 trillion tokens of text, cut off in December 2023.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    sources: [{ title: 'The Llama 3 Herd of Models', url: 'https://arxiv.org/abs/2407.21783' }],
  }),
  openCard({
    slug: 'llama-3.1-70b',
    name: 'Llama 3.1 70B',
    publisher: 'Meta',
    family: 'Llama',
    revision: '3.1',
    released_on: '2024-07-23',
    params_total: 70_553_706_496,
    licence: licences.llama31,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general: 'About 15 trillion tokens of text, cut off in December 2023.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    sources: [{ title: 'The Llama 3 Herd of Models', url: 'https://arxiv.org/abs/2407.21783' }],
  }),
  openCard({
    slug: 'llama-3.2-1b',
    name: 'Llama 3.2 1B',
    publisher: 'Meta',
    family: 'Llama',
    revision: '3.2',
    released_on: '2024-09-25',
    params_total: 1_235_814_400,
    licence: licences.llama32,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general:
        'Up to 9 trillion tokens of text, cut off in December 2023, with logits of larger Llama 3.1 models as targets.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    sources: [],
  }),
  openCard({
    slug: 'tinyllama-1.1b',
    name: 'TinyLlama 1.1B',
    publisher: 'TinyLlama project',
    family: 'Llama',
    revision: '1431k-3T',
    released_on: '2024-01-04',
    params_total: 1_100_048_384,
    licence: licences.apache,
    languages: ['en'],
    training_data: {
      general: 'Three epochs of about one trillion tokens.',
      sources: 'SlimPajama and Starcoderdata.',
      processing: 'SlimPajama without its GitHub part; about seven parts of text to three of code.',
    },
    sources: [{ title: 'TinyLlama: An Open-Source Small Language Model', url: 'https://arxiv.org/abs/2401.02385' }],
  }),
];
