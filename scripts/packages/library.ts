import { arithmetic } from './arithmetic.js';
import { invoices } from './invoices.js';
import { memoryGrid } from './memory-grid.js';
import type { Recipe } from './recipe.js';
import { toolCalls } from './tool-calls.js';

/** The packages that the product comes with. */
export const recipes: readonly Recipe[] = [arithmetic, invoices, toolCalls, memoryGrid];
