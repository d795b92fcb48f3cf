import type { SourceId } from './sources.js';

/** What one accelerator costs by the hour: the least and the most of what two dated lists say. */
export interface PriceBand {
  readonly gpu: string;
  readonly lowUsd: number;
  readonly highUsd: number;
  /** Months of the two lists. */
  readonly seen: readonly [string, string];
  readonly sources: readonly [SourceId, SourceId];
}
const march = (gpu: string, lowUsd: number, highUsd: number): PriceBand => ({
  gpu,
  lowUsd,
  highUsd,
  seen: ['2026-03-10', '2026-11'],
  sources: ['deploybase', 'runpod'],
});

/**
 * Ends are the extremes over both lists: interruptible and on-demand of the first, per-second worker prices of the
 * second times 3,600. A kind that only one list has is not here.
 */
export const prices: readonly PriceBand[] = [
  march('rtx-3090', 0.22, 0.68),
  march('rtx-4090', 0.34, 1.12),
  march('l4', 0.44, 0.78),
  march('l40', 0.69, 1.91),
  march('l40s', 0.79, 1.91),
  {
    gpu: 'a100-80gb-sxm',
    lowUsd: 0.8,
    highUsd: 3,
    seen: ['2026-03-10', '2026-05'],
    sources: ['deploybase', 'mercatus'],
  },
  {
    gpu: 'a100-80gb-pcie',
    lowUsd: 0.8,
    highUsd: 3,
    seen: ['2026-03-10', '2026-05'],
    sources: ['deploybase', 'mercatus'],
  },
  { gpu: 'h100-sxm', lowUsd: 1.99, highUsd: 5, seen: ['2026-03-10', '2026-05'], sources: ['deploybase', 'mercatus'] },
  { gpu: 'h200-sxm', lowUsd: 2.5, highUsd: 7, seen: ['2026-03-10', '2026-05'], sources: ['deploybase', 'mercatus'] },
  march('b200', 5.98, 10.57),
];
/** The band of a kind, null where there are not two lists. */
export const findPrice = (gpu: string): PriceBand | null => prices.find((band) => band.gpu === gpu) ?? null;
