import { expect, test } from '@jest/globals';
import { builtInKeys } from '../../src/checks/built-ins/index.js';
import { cleanInputs, judge } from '../../scripts/bench/corpus.js';
import { defects } from '../../scripts/bench/defects.js';

test('a clean run is passed by every rule of the engine', () => {
  const results = judge(cleanInputs);
  expect(Object.keys(results).sort()).toEqual(builtInKeys);
  expect(Object.entries(results).filter(([, status]) => status !== 'pass')).toEqual([]);
});

test('every rule of the engine is tried with at least two defects', () => {
  for (const key of builtInKeys) expect([key, defects.filter(({ rule }) => rule === key).length]).not.toEqual([key, 0]);
  for (const key of builtInKeys) expect(defects.filter(({ rule }) => rule === key).length).toBeGreaterThan(1);
});

test.each(defects.map((one) => [one.rule, one.name, one] as const))(
  '%s finds: %s, and no other rule errs',
  (rule, _name, one) => {
    const results = judge(one.inputs, one.answers);
    expect(results[rule]).toMatch(/^flag/);
    const others = Object.entries(results).filter(
      ([key, status]) => key !== rule && !one.also.includes(key) && status !== 'pass' && status !== 'skip',
    );
    expect(others).toEqual([]);
  },
);
