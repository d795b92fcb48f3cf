import type { ModelCard } from '../card.js';
import { llamaCards } from './llama.js';
import { mistralCards } from './mistral.js';
import { otherCards } from './others.js';
import { qwenCards } from './qwen.js';

/** The cards that come with the product; more are staged and published by internal keys. */
export const builtInCards: readonly ModelCard[] = [...llamaCards, ...mistralCards, ...qwenCards, ...otherCards];
