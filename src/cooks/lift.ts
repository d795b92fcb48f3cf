/** What a runner measured, item by item, before and after; every number of a claim is computed from it here. */
export interface Measured {
  readonly metric: string;
  /** One pair per held-out item: the score before and after. */
  readonly items: readonly (readonly [number, number])[];
  readonly seeds: readonly number[];
  readonly contamination: { readonly eval_items: number; readonly overlapping: number };
}
export interface Lift {
  readonly claim: string;
  readonly metric: string | null;
  readonly before: number | null;
  readonly after: number | null;
  readonly n: number | null;
  readonly lift: number | null;
  /** 95 % interval of the mean difference, by a paired bootstrap. */
  readonly ci95: readonly [number, number] | null;
  readonly seeds: readonly number[];
  readonly contamination: { readonly eval_items: number; readonly overlapping: number } | null;
}

export const NO_LIFT = 'no measured lift';
const RESAMPLES = 2000;
/** The interval is two-sided 95 %. */
const TAIL = 0.025;

/**
 * The honest reading of an evaluation: a lift is claimed only when the lower bound of the interval is above zero, at
 * least as many items were measured as the recipe declared, and none of them was trained on. The resampling is seeded,
 * so the same items give the same numbers for ever.
 */
export function liftOf(
  measured: Measured | undefined,
  declared: { readonly n: number; readonly min_lift: number } | undefined,
): Lift {
  if (!measured || measured.items.length === 0) return nothing;
  const { metric, items, seeds, contamination } = measured;
  const differences = items.map(([before, after]) => after - before);
  const ci95 = pairedBootstrap(differences);
  const lift = mean(differences);
  const isClaimed =
    declared !== undefined &&
    items.length >= declared.n &&
    contamination.overlapping === 0 &&
    ci95[0] > 0 &&
    lift >= declared.min_lift;
  return {
    claim: isClaimed ? `${metric} rose by ${lift.toFixed(4)}` : NO_LIFT,
    metric,
    before: mean(items.map(([before]) => before)),
    after: mean(items.map(([, after]) => after)),
    n: items.length,
    lift,
    ci95,
    seeds,
    contamination,
  };
}

const nothing: Lift = {
  claim: NO_LIFT,
  metric: null,
  before: null,
  after: null,
  n: null,
  lift: null,
  ci95: null,
  seeds: [],
  contamination: null,
};

/** Percentile interval of the mean over resamples with replacement (Efron 1979), with a fixed seed. */
export function pairedBootstrap(differences: readonly number[]): readonly [number, number] {
  const random = seeded(0x9e3779b9 ^ differences.length);
  const values = Float64Array.from(differences);
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
    means[resample] = sum / values.length;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))] ?? 0;
  return [at(TAIL), at(1 - TAIL)];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mulberry32: a small generator whose sequence depends on its seed alone. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
