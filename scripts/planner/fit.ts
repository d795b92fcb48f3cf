import { minimize } from './simplex.js';

/** One published figure and what the formula says of it under given constants. */
export interface Observation {
  /** What is held out together. */
  readonly group: string;
  readonly measured: number;
  predict(constants: readonly number[]): number;
}
interface Constant {
  readonly start: number;
  readonly least: number;
  readonly most: number;
}

/** Log ratio up to which an error counts by its square; beyond, by its size: one odd measurement bends little. */
const TYPICAL = 0.05;
/** Pull towards where a constant starts: decides what the measurements leave open. */
const PULL = 0.0005;

/** Constants, within bounds, with the smallest log ratios of predicted to measured; each group has the same weight. */
export function fit(observations: readonly Observation[], constants: readonly Constant[]): readonly number[] {
  const sizes = new Map<string, number>();
  for (const { group } of observations) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const within = (point: readonly number[]): readonly number[] =>
    constants.map(({ start, least, most }, i) => Math.min(most, Math.max(least, start * Math.exp(point[i] ?? 0))));
  const loss = (point: readonly number[]): number => {
    const at = within(point);
    const misfit = observations.reduce((sum, observation) => {
      const ratio = Math.log(Math.max(1e-12, observation.predict(at)) / observation.measured);
      return sum + (Math.hypot(TYPICAL, ratio) - TYPICAL) / (sizes.get(observation.group) ?? 1);
    }, 0);
    return misfit / sizes.size + PULL * point.reduce((sum, step) => sum + step ** 2, 0);
  };
  return within(minimize(loss, constants.length));
}

/** Quantile of a sorted copy; conformal: the ceil((n+1)q)-th smallest, the largest where there are too few. */
export function conformal(values: readonly number[], coverage: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length, Math.ceil((sorted.length + 1) * coverage)) - 1] ?? Number.NaN;
}
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}

/** Constants of the whole, and how far off a formula is that never saw the group it is asked about. */
export interface Calibration {
  readonly constants: readonly number[];
  readonly observations: number;
  readonly groups: number;
  /** Median of |predicted / measured - 1| with the group held out. */
  readonly medianError: number;
  /** Predicted is at most so many times too high and too low, in nine of ten: conformal, one-sided each. */
  readonly tooHigh: number;
  readonly tooLow: number;
  /** Share of groups whose median lies in the band that the other groups' residuals make. */
  readonly groupsInBand: number;
  /** Share of figures above max(10 %, upper band), the band again without the figure's own group: a false "fits". */
  readonly beyondUpper: number;
  /** Log of predicted over measured, held out. */
  readonly residuals: readonly { readonly group: string; readonly log: number }[];
}

/** Fits on all groups, and judges by what each group's figures are under constants that never saw it. */
export function calibrate(
  observations: readonly Observation[],
  constants: readonly Constant[],
  coverage = 0.9,
): Calibration {
  const names = [...new Set(observations.map(({ group }) => group))];
  const residuals = names.flatMap((group) => {
    const rest = observations.filter((observation) => observation.group !== group);
    const without = rest.length > 0 ? fit(rest, constants) : constants.map(({ start }) => start);
    return observations
      .filter((observation) => observation.group === group)
      .map((observation) => ({ group, log: Math.log(observation.predict(without) / observation.measured) }));
  });
  const bandOf = (given: typeof residuals): { high: number; low: number } => ({
    high: Math.max(
      0,
      conformal(
        given.map(({ log }) => log),
        coverage,
      ),
    ),
    low: Math.max(
      0,
      conformal(
        given.map(({ log }) => -log),
        coverage,
      ),
    ),
  });
  const inside = names.filter((group) => {
    const band = bandOf(residuals.filter((residual) => residual.group !== group));
    const middle = median(residuals.filter((residual) => residual.group === group).map(({ log }) => log));
    return middle <= band.high && -middle <= band.low;
  });
  const { high, low } = bandOf(residuals);
  const beyond = residuals.filter(({ group, log }) => {
    const { low: limit } = bandOf(residuals.filter((residual) => residual.group !== group));
    return -log > Math.max(Math.log(1.1), limit);
  });
  return {
    constants: fit(observations, constants),
    observations: observations.length,
    groups: names.length,
    medianError: median(residuals.map(({ log }) => Math.abs(Math.expm1(log)))),
    tooHigh: Math.exp(high),
    tooLow: Math.exp(low),
    groupsInBand: inside.length / names.length,
    beyondUpper: beyond.length / residuals.length,
    residuals,
  };
}
