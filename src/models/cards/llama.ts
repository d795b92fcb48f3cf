import type { ModelCard } from '../card.js';
import { configOf, decoder, openCard } from './open-card.js';

const limits = [
  'May state false things with confidence; outputs need checking.',
  'Not evaluated here: evaluations are listed only with their source.',
];
const intended_use = ['Research and products, as a base for prompting or for fine-tuning.'];
const llama31 = {
  id: 'LicenseRef-Llama-3.1-Community',
  url: 'https://www.llama.com/llama3_1/license/',
  commercial: 'conditions',
  training: 'conditions',
  redistribution: 'conditions',
} as const;
const llama32 = {
  id: 'LicenseRef-Llama-3.2-Community',
  url: 'https://www.llama.com/llama3_2/license/',
  commercial: 'conditions',
  training: 'conditions',
  redistribution: 'conditions',
} as const;
const apache = {
  id: 'Apache-2.0',
  url: 'https://www.apache.org/licenses/LICENSE-2.0',
  commercial: 'yes',
  training: 'yes',
  redistribution: 'yes',
} as const;

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
    architecture: decoder({
      layers: 32,
      hidden: 4096,
      heads: 32,
      kv_heads: 8,
      head_dim: 128,
      intermediate: 14_336,
      vocab: 128_256,
      context: 131_072,
    }),
    licence: llama31,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general: 'About 15 trillion tokens of text, cut off in December 2023.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    limits,
    intended_use,
    sources: [
      configOf('meta-llama/Llama-3.1-8B'),
      { title: 'The Llama 3 Herd of Models', url: 'https://arxiv.org/abs/2407.21783' },
    ],
  }),
  openCard({
    slug: 'llama-3.1-70b',
    name: 'Llama 3.1 70B',
    publisher: 'Meta',
    family: 'Llama',
    revision: '3.1',
    released_on: '2024-07-23',
    params_total: 70_553_706_496,
    architecture: decoder({
      layers: 80,
      hidden: 8192,
      heads: 64,
      kv_heads: 8,
      head_dim: 128,
      intermediate: 28_672,
      vocab: 128_256,
      context: 131_072,
    }),
    licence: llama31,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general: 'About 15 trillion tokens of text, cut off in December 2023.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    limits,
    intended_use,
    sources: [
      configOf('meta-llama/Llama-3.1-70B'),
      { title: 'The Llama 3 Herd of Models', url: 'https://arxiv.org/abs/2407.21783' },
    ],
  }),
  openCard({
    slug: 'llama-3.2-1b',
    name: 'Llama 3.2 1B',
    publisher: 'Meta',
    family: 'Llama',
    revision: '3.2',
    released_on: '2024-09-25',
    params_total: 1_235_814_400,
    architecture: decoder({
      layers: 16,
      hidden: 2048,
      heads: 32,
      kv_heads: 8,
      head_dim: 64,
      intermediate: 8192,
      vocab: 128_256,
      context: 131_072,
      tied_embeddings: true,
    }),
    licence: llama32,
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    training_data: {
      general:
        'Up to 9 trillion tokens of text, cut off in December 2023, with logits of larger Llama 3.1 models as targets.',
      sources: 'Publicly available online sources; the sets are not named.',
      processing: 'Not published beyond the sources named.',
    },
    limits,
    intended_use,
    sources: [configOf('meta-llama/Llama-3.2-1B')],
  }),
  openCard({
    slug: 'tinyllama-1.1b',
    name: 'TinyLlama 1.1B',
    publisher: 'TinyLlama project',
    family: 'Llama',
    revision: '1431k-3T',
    released_on: '2024-01-04',
    params_total: 1_100_048_384,
    architecture: decoder({
      layers: 22,
      hidden: 2048,
      heads: 32,
      kv_heads: 4,
      head_dim: 64,
      intermediate: 5632,
      vocab: 32_000,
      context: 2048,
    }),
    licence: apache,
    languages: ['en'],
    training_data: {
      general: 'Three epochs of about one trillion tokens.',
      sources: 'SlimPajama and Starcoderdata.',
      processing: 'SlimPajama without its GitHub part; about seven parts of text to three of code.',
    },
    limits,
    intended_use,
    sources: [
      configOf('TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T'),
      { title: 'TinyLlama: An Open-Source Small Language Model', url: 'https://arxiv.org/abs/2401.02385' },
    ],
  }),
];
