import type { Gpu } from './gpu.js';
import { personalGpus } from './gpus-personal.js';
import { serverGpus } from './gpus-server.js';

export const gpus: readonly Gpu[] = [...serverGpus, ...personalGpus];

/** The kind with exactly this slug: names are matched whole, so "l4" never finds "l40". */
export const findGpu = (slug: string): Gpu | undefined => gpus.find((gpu) => gpu.slug === slug);
