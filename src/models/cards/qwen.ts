import type { ModelCard } from '../card.js';
import { licences, openCard } from './open-card.js';

/** Qwen2.5 and Qwen3. */
export const qwenCards: readonly ModelCard[] = [
  openCard({
    slug: 'qwen2.5-0.5b',
    name: 'Qwen2.5 0.5B',
    publisher: 'Alibaba Cloud',
    family: 'Qwen',
    revision: '2.5',
    released_on: '2024-09-19',
    params_total: 494_032_768,
    licence: licences.apache,
    languages: ['en', 'zh', 'fr', 'es', 'pt', 'de', 'it', 'ru', 'ja', 'ko', 'vi', 'th', 'ar'],
    training_data: {
      general: 'Up to 18 trillion tokens.',
      sources: 'Web text, code, mathematics and synthetic data; the sets are not named.',
      processing: 'Filtered and scored with earlier Qwen models.',
    },
    sources: [{ title: 'Qwen2.5 Technical Report', url: 'https://arxiv.org/abs/2412.15115' }],
  }),
  openCard({
    slug: 'qwen2.5-7b',
    name: 'Qwen2.5 7B',
    publisher: 'Alibaba Cloud',
    family: 'Qwen',
    revision: '2.5',
    released_on: '2024-09-19',
    params_total: 7_615_616_512,
    licence: licences.apache,
    languages: ['en', 'zh', 'fr', 'es', 'pt', 'de', 'it', 'ru', 'ja', 'ko', 'vi', 'th', 'ar'],
    training_data: {
      general: 'Up to 18 trillion tokens.',
      sources: 'Web text, code, mathematics and synthetic data; the sets are not named.',
      processing: 'Filtered and scored with earlier Qwen models.',
    },
    sources: [{ title: 'Qwen2.5 Technical Report', url: 'https://arxiv.org/abs/2412.15115' }],
  }),
  openCard({
    slug: 'qwen2.5-72b',
    name: 'Qwen2.5 72B',
    publisher: 'Alibaba Cloud',
    family: 'Qwen',
    revision: '2.5',
    released_on: '2024-09-19',
    params_total: 72_706_203_648,
    licence: licences.qwen,
    languages: ['en', 'zh', 'fr', 'es', 'pt', 'de', 'it', 'ru', 'ja', 'ko', 'vi', 'th', 'ar'],
    training_data: {
      general: 'Up to 18 trillion tokens.',
      sources: 'Web text, code, mathematics and synthetic data; the sets are not named.',
      processing: 'Filtered and scored with earlier Qwen models.',
    },
    sources: [{ title: 'Qwen2.5 Technical Report', url: 'https://arxiv.org/abs/2412.15115' }],
  }),
  openCard({
    slug: 'qwen3-8b',
    name: 'Qwen3 8B',
    publisher: 'Alibaba Cloud',
    family: 'Qwen',
    revision: '3',
    released_on: '2025-04-29',
    params_total: 8_190_735_360,
    licence: licences.apache,
    languages: ['en', 'zh', 'fr', 'es', 'pt', 'de', 'it', 'ru', 'ja', 'ko', 'vi', 'th', 'ar'],
    training_data: {
      general: 'About 36 trillion tokens in 119 languages and dialects.',
      sources: 'Web text, text read from documents, code, mathematics and synthetic data; the sets are not named.',
      processing: 'Extracted and improved with earlier Qwen models.',
    },
    sources: [{ title: 'Qwen3 Technical Report', url: 'https://arxiv.org/abs/2505.09388' }],
  }),
];
