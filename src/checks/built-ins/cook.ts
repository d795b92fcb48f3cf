import { z } from 'zod';
import { isList, isObject, OperandMissing } from '../expression/value.js';
import { flag, listed, pass, type Finding } from '../finding.js';
import type { EngineInputs } from '../frozen.js';
import { tuned, type BuiltIns } from './built-in.js';
import { instrumentFiles } from './compute.js';

const liftParams = z.strictObject({
  min_items: z.int().min(1).default(30),
  resamples: z.int().min(100).max(20_000).default(2000),
  /** Share of the interval's width by which a claimed bound may differ: another resampling gives others. */
  slack: z.number().min(0).max(1).default(0.15),
});
const MAX_ITEMS = 100_000;
const EPSILON = 1e-9;

/** COK: a lift is what its items say, with the uncertainty they have. */
export const cookRules: BuiltIns = { 'COK-001': tuned(liftParams, recomputedLift) };

interface Lift {
  readonly eval_before: number;
  readonly eval_after: number;
  readonly lift: number;
  readonly n: number;
  readonly ci95: readonly [number, number];
}

function recomputedLift(inputs: EngineInputs, params: z.output<typeof liftParams>): Finding {
  const claimed = claimedLift(inputs);
  const file = instrumentFiles(inputs).find(({ value }) => isObject(value) && isList(value['items']));
  if (!file) throw new OperandMissing('evidence(benchmark_output).items');
  const items = itemsOf(file.value);
  const derived = liftOf(items, params.resamples);
  const slack = (derived.ci95[1] - derived.ci95[0]) * params.slack + EPSILON;
  const rows = [
    ['eval_before', claimed.eval_before, derived.eval_before, EPSILON],
    ['eval_after', claimed.eval_after, derived.eval_after, EPSILON],
    ['lift', claimed.lift, derived.lift, EPSILON],
    ['n', claimed.n, derived.n, 0],
    ['ci95 low', claimed.ci95[0], derived.ci95[0], slack],
    ['ci95 high', claimed.ci95[1], derived.ci95[1], slack],
  ] as const;
  const wrong = rows.filter(([, is, should, allowed]) => Math.abs(is - should) > allowed);
  const faults = wrong.map(
    ([name, is, should]) => `${name}: claimed ${String(is)}, recomputed ${should.toPrecision(8)}`,
  );
  if (derived.n < params.min_items)
    faults.push(`${String(derived.n)} items, at least ${String(params.min_items)} are needed`);
  if (claimed.lift > 0 && derived.ci95[0] <= 0) faults.push('the interval reaches zero: no measured lift');
  if (faults.length === 0) return pass(`Lift ${derived.lift.toPrecision(6)} over ${String(derived.n)} items.`);
  return flag(listed(faults), String(claimed.lift), derived.lift.toPrecision(8), {
    difference: (claimed.lift - derived.lift).toPrecision(6),
    pointers: ['/submission/output/metrics'],
    evidence_ids: [file.id],
  });
}

function claimedLift({ submission }: EngineInputs): Lift {
  const metrics = isObject(submission?.output) ? submission.output['metrics'] : undefined;
  if (!isObject(metrics)) throw new OperandMissing('output.metrics');
  const number = (name: string): number => {
    const value = metrics[name];
    if (typeof value !== 'number') throw new OperandMissing(`output.metrics.${name}`);
    return value;
  };
  const bounds = isList(metrics['ci95']) ? metrics['ci95'] : [];
  const [low, high] = bounds;
  if (typeof low !== 'number' || typeof high !== 'number') throw new OperandMissing('output.metrics.ci95');
  return {
    eval_before: number('eval_before'),
    eval_after: number('eval_after'),
    lift: number('lift'),
    n: number('n'),
    ci95: [low, high],
  };
}

interface Item {
  readonly before: number;
  readonly after: number;
}

function itemsOf(value: unknown): readonly Item[] {
  const list = isObject(value) && isList(value['items']) ? value['items'] : [];
  if (list.length === 0 || list.length > MAX_ITEMS) throw new Error(`a result has 1 to ${String(MAX_ITEMS)} items`);
  return list.map((item, i) => {
    const { before, after } = isObject(item) ? item : {};
    if (typeof before !== 'number' || typeof after !== 'number') throw new OperandMissing(`items[${String(i)}]`);
    return { before, after };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Paired bootstrap: the same items resampled with a fixed seed, so that every replay draws the same. */
function liftOf(items: readonly Item[], resamples: number): Lift {
  const differences = Float64Array.from(items, ({ before, after }) => after - before);
  const n = differences.length;
  const random = seeded();
  const draws = Math.max(100, Math.min(resamples, Math.floor(20_000_000 / n)));
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw += 1) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += differences[Math.floor(random() * n)] ?? 0;
    means[draw] = sum / n;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(draws - 1, Math.floor(share * draws))] ?? 0;
  const before = mean(items.map((item) => item.before));
  const after = mean(items.map((item) => item.after));
  return { eval_before: before, eval_after: after, lift: after - before, n, ci95: [at(0.025), at(0.975)] };
}

/** mulberry32 from a fixed seed. */
function seeded(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
