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
const { floor, imul } = Math;
const RESAMPLES = 2000;
/** Fewer items than this say nothing, however they fall: a resample of a handful looks sure of itself. */
const FEWEST_ITEMS = 20;
const NORMAL_975 = 1.96;
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
  const ci95 = differences.length < 2 ? null : pairedBootstrap(differences);
  const lift = mean(differences);
  const isClaimed =
    declared !== undefined &&
    items.length >= Math.max(declared.n, FEWEST_ITEMS) &&
    contamination.overlapping === 0 &&
    ci95 !== null &&
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

/**
 * Percentile interval of the mean over resamples with replacement (Efron 1979), with a fixed seed, stretched about the
 * mean because a resample of n items is too narrow by √(n/(n−1)) and knows no Student's t (Hesterberg 2015).
 */
function pairedBootstrap(differences: readonly number[]): readonly [number, number] {
  const values = Float64Array.from(differences);
  const size = values.length;
  const means = new Float64Array(RESAMPLES);
  let state = (0x9e3779b9 ^ size) >>> 0;
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    let sum = 0;
    for (let draw = 0; draw < size; draw += 1) {
      // Mulberry32, in line: a small generator whose sequence depends on its seed alone.
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
      sum += values[floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * size)] ?? 0;
    }
    means[resample] = sum / size;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(RESAMPLES - 1, floor(share * RESAMPLES))] ?? 0;
  const middle = mean(differences);
  const stretch = Math.sqrt(size / (size - 1)) * (studentT975(size - 1) / NORMAL_975);
  return [middle + (at(TAIL) - middle) * stretch, middle + (at(1 - TAIL) - middle) * stretch];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The 97.5 % quantile of Student's t, to three digits from five degrees of freedom on. */
const studentT975 = (freedom: number): number => NORMAL_975 + 2.37 / freedom + 2.8 / freedom ** 2;
