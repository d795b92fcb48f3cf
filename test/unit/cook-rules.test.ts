import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { liftOf, NO_LIFT } from '../../src/cooks/lift.js';
import { faultsOf, finalState, isPermanent, priorityKeyOf, queueOf, type RecipeFacts } from '../../src/cooks/rules.js';
import { recipeSchema } from '../../src/cooks/schema.js';
import { directiveFor, placeOf, runnerState } from '../../src/runners/rules.js';

/** Mulberry32: the synthetic cooks are the same in every run. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const cook = (random: () => number, n: number, before: number, after: number) => ({
  metric: 'accuracy',
  items: Array.from({ length: n }, (): [number, number] => [random() < before ? 1 : 0, random() < after ? 1 : 0]),
  seeds: [1],
  contamination: { eval_items: n, overlapping: 0 },
});
const declared = { n: 100, min_lift: 0 };

test('of a thousand cooks without a true lift, at most one in forty claims one; with one, nearly all do', () => {
  const random = randoms(20_260_101);
  const claims = (after: number, cooks: number): number =>
    Array.from({ length: cooks }, () => liftOf(cook(random, 100, 0.7, after), declared)).filter(
      ({ claim }) => claim !== NO_LIFT,
    ).length;
  expect(claims(0.7, 1000)).toBeLessThanOrEqual(25);
  expect(claims(0.95, 100)).toBeGreaterThan(95);
});

test('a lift is claimed only on as many items as declared, none of them trained on, and at least as large as asked', () => {
  const random = randoms(7);
  const good = cook(random, 100, 0.3, 0.9);
  expect(liftOf(good, declared).claim).toMatch(/^accuracy rose by 0\.\d{4}$/);
  expect(liftOf(good, { n: 101, min_lift: 0 }).claim).toBe(NO_LIFT);
  expect(liftOf(good, { n: 100, min_lift: 0.95 }).claim).toBe(NO_LIFT);
  expect(liftOf(good, undefined).claim).toBe(NO_LIFT);
  expect(liftOf({ ...good, contamination: { eval_items: 100, overlapping: 1 } }, declared).claim).toBe(NO_LIFT);
  expect(liftOf(undefined, declared)).toMatchObject({ claim: NO_LIFT, n: null });
});

test('the same items give the same interval, and it holds the mean', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 2,
        maxLength: 60,
      }),
      (items) => {
        const given = { metric: 'm', items, seeds: [], contamination: { eval_items: 1, overlapping: 0 } };
        const one = liftOf(given, declared);
        expect(liftOf(given, declared)).toEqual(one);
        const [low, high] = one.ci95 ?? [NaN, NaN];
        expect(low).toBeLessThanOrEqual(high);
      },
    ),
    { numRuns: 25 },
  );
});

const facts: RecipeFacts = {
  runState: 'collecting',
  datasets: [],
  model: { standing: 'listed', contextTokens: 4096 },
  largestVramGb: 24,
};
const parse = (changes: object) =>
  recipeSchema.parse({ base_model: { slug: 'm', revision: '1' }, method: 'lora', data_policy_ack: '1', ...changes });
const codes = (changes: object, given: Partial<RecipeFacts> = {}): readonly string[] =>
  faultsOf(parse(changes), { ...facts, ...given }).map(({ code, path }) => `${code} ${path}`);

test('each fault of a recipe is named by its place', () => {
  expect(codes({})).toEqual([]);
  expect(codes({}, { runState: 'receipted' })).toEqual(['invalid_transition /run']);
  for (const standing of ['unknown', 'no_grant', 'withdrawn'] as const)
    expect(codes({}, { datasets: [{ name: 'd', standing }] })).toEqual(['no_grant /datasets/0']);
  expect(codes({}, { datasets: [{ name: 'd', standing: 'licence_forbids_training' }] })).toEqual([
    'licence_forbids_training /datasets/0',
  ]);
  expect(codes({}, { model: { standing: 'withdrawn', contextTokens: null } })).toEqual(['invalid_recipe /base_model']);
  expect(codes({ hyper: { sequence_len: 5000 } })).toEqual(['invalid_recipe /hyper/sequence_len']);
  expect(codes({ hyper: { learning_rate: 0 } })).toEqual(['invalid_recipe /hyper/learning_rate']);
  expect(codes({ method: 'qlora' })).toEqual(['invalid_recipe /hyper/quantization']);
  expect(codes({ method: 'full', hyper: { lora: { r: 8, alpha: 16 } } })).toEqual(['invalid_recipe /hyper/lora']);
  expect(codes({ resources: { gpu_count: 1 } })).toEqual(['invalid_recipe /resources/gpu_kinds']);
  expect(codes({ resources: { est_peak_vram_gb: 25 } })).toEqual(['exceeds_runners /resources']);
  expect(codes({ resources: { est_peak_vram_gb: 25 } }, { largestVramGb: null })).toEqual([]);
});

test('a cook ends as its accepted report says, else cancelled if asked, else expired or failed by how the wait ended', () => {
  const ending = { kind: 'timeout', detail: 'HEARTBEAT' } as const;
  expect(finalState('completed', true, ending)).toBe('completed');
  expect(finalState(undefined, true, ending)).toBe('cancelled');
  expect(finalState(undefined, false, { kind: 'timeout', detail: 'SCHEDULE_TO_START' })).toBe('expired');
  expect(finalState(undefined, false, ending)).toBe('failed');
});

test('what the same recipe would meet again is not tried again', () => {
  expect(isPermanent({ class: 'data', retryable: true })).toBe(true);
  expect(isPermanent({ class: 'oom', retryable: true })).toBe(false);
  expect(isPermanent({ class: 'oom', retryable: false })).toBe(true);
});

test('a queue names its capability and labels in one order; priorities fall into five levels', () => {
  expect(queueOf('a100', ['eu', 'air'])).toBe('a100.air.eu');
  expect([0, 19, 20, 50, 80, 100].map(priorityKeyOf)).toEqual([5, 5, 4, 3, 1, 1]);
});

test('a cancellation goes before every other directive', () => {
  const all = { cancelRequested: true, checkpointRequested: true, draining: true };
  expect(directiveFor(all)).toBe('cancel');
  expect(directiveFor({ ...all, cancelRequested: false })).toBe('checkpoint');
  expect(directiveFor({ cancelRequested: false, checkpointRequested: false, draining: true })).toBe('drain');
});

test('a piece of a log is next, there already, or leaves a gap', () => {
  expect(placeOf({ offset: 4, size: 3 }, 4)).toEqual({ kind: 'next' });
  expect(placeOf({ offset: 0, size: 4 }, 4)).toEqual({ kind: 'duplicate' });
  expect(placeOf({ offset: 2, size: 4 }, 4)).toEqual({ kind: 'gap', expected: 4 });
  expect(placeOf({ offset: 5, size: 1 }, 4)).toEqual({ kind: 'gap', expected: 4 });
});

test('a runner is what keeps it from working first', () => {
  const now = new Date('2026-01-01T00:05:00Z');
  const base = { revokedAt: null, quarantinedAt: null, draining: false, lastSeenAt: now, liveLeases: 0 };
  expect(runnerState(base, now)).toBe('connected');
  expect(runnerState({ ...base, liveLeases: 1 }, now)).toBe('busy');
  expect(runnerState({ ...base, draining: true, liveLeases: 1 }, now)).toBe('draining');
  expect(runnerState({ ...base, lastSeenAt: new Date('2026-01-01T00:00:00Z') }, now)).toBe('lost');
  expect(runnerState({ ...base, quarantinedAt: now, revokedAt: now }, now)).toBe('revoked');
});
