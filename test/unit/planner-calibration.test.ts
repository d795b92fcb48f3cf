import { expect, test } from '@jest/globals';
import { calibrateServeMemory, calibrateServing, calibrateTrainMemory } from '../../scripts/planner/calibration.js';
import { generations } from '../../scripts/planner/generations.js';
import { calibration } from '../../src/planner/tables/calibration.js';

/** Log of the ratio, as an error: zero is the same. */
const apart = (a: number, b: number): number => Math.abs(Math.log(a / b));

test('the committed bands and errors are what the fit gives', () => {
  const serving = calibrateServing();
  expect(Object.keys(serving)).toEqual(Object.keys(calibration.serving).sort());
  for (const [key, committed] of Object.entries(calibration.serving)) {
    expect(apart(serving[key]?.medianError ?? 0, committed.medianError)).toBeLessThan(0.02);
    expect(apart(serving[key]?.tooLow ?? 0, committed.tooLow)).toBeLessThan(0.02);
    expect(serving[key]?.observations).toBe(committed.observations);
  }
  expect(apart(calibrateServeMemory().medianError, calibration.serveMemory.medianError)).toBeLessThan(0.02);
  expect(apart(calibrateTrainMemory().medianError, calibration.trainMemory.medianError)).toBeLessThan(0.02);
});

test('unseen models and cards: speed within 15 % in the median, memory within 6 %', () => {
  for (const key of ['vllm/nvidia', 'vllm/amd', 'tensorrt-llm/nvidia', 'llama.cpp/nvidia', 'llama.cpp/amd'] as const)
    expect(calibration.serving[key].medianError).toBeLessThanOrEqual(0.15);
  expect(calibration.serveMemory.medianError).toBeLessThanOrEqual(0.06);
  expect(calibration.trainMemory.medianError).toBeLessThanOrEqual(0.06);
});

test('there is something to fit on', () => {
  expect(generations.flatMap(({ rows }) => rows).length).toBeGreaterThan(200);
});
