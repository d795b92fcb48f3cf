import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runRules } from '../../src/checks/engine.js';
import { Budget, StepsSpent } from '../../src/checks/expression/budget.js';
import { evaluateExpression } from '../../src/checks/expression/evaluate.js';
import type { Calculation, EngineInputs } from '../../src/checks/frozen.js';
import type { Rule } from '../../src/flight-sheets/schema.js';
import { cleanInputs, everySheet } from '../../scripts/bench/corpus.js';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const letters = (count: number): string => 'a'.repeat(count);

/** Steps an expression is charged; the whole budget and the step that did not fit where it is refused. */
function stepsOf(expression: string, scope: Readonly<Record<string, unknown>>): number {
  const budget = new Budget('test', 50_000_000);
  evaluateExpression(expression, scope, budget);
  return budget.spent;
}

const ruleOf = (changes: Partial<Extract<Rule, { kind: 'auto' }>>): Rule => {
  const [first] = everySheet.rules.filter(({ id }) => id === 'POL-001');
  if (first?.kind !== 'auto') throw new Error('the corpus has no expression rule');
  return { ...first, ...changes };
};
const submitting = (changes: Partial<NonNullable<EngineInputs['submission']>>): EngineInputs => {
  if (!cleanInputs.submission) throw new Error('the corpus has no submission');
  return { ...cleanInputs, submission: { ...cleanInputs.submission, ...changes } };
};
const MATH = ruleOf({ id: 'MTH-001', check: 'MTH-001' });
const nested = 'sum(map(xs, a, sum(xs)))';

test.each([
  ['sum(xs)', 'sum(xs)'],
  ['count(xs)', 'count(xs)'],
  ['max(xs)', 'max(xs)'],
  ['length(xs)', 'length(xs)'],
  ['distinct(xs)', 'distinct(xs)'],
  ['in', '-1 in xs'],
])('%s is charged for the items it looks at', (_, expression) => {
  const [few, many] = [10, 10_010].map((count) => stepsOf(expression, { xs: numbers(count) }));
  expect((many ?? 0) - (few ?? 0)).toBeGreaterThanOrEqual(10_000);
});

test.each([
  ['contains, short', 'contains(text, "b")'],
  ['contains, long', 'contains(text, part)'],
  ['matches', 'matches(text, "b")'],
  ['length', 'length(text)'],
  ['lower', 'lower(text) == "a"'],
  ['distinct', 'distinct([text])'],
  ['distinct of keys', 'distinct([{}])'.replace('{}', 'object')],
  ['==', 'text == "a"'],
])('%s is charged for the text it reads', (_, expression) => {
  const scope = (count: number) => ({
    text: letters(count),
    part: `b${letters(300)}`,
    object: { [letters(count)]: 1 },
  });
  expect(stepsOf(expression, scope(1_000_000))).toBeGreaterThan(stepsOf(expression, scope(100)) + 1_000);
});

test('arithmetic is charged for what it takes: roots, fractional powers, long literals, large patterns', () => {
  expect(stepsOf('2 ** 0.5', {})).toBeGreaterThan(1000);
  expect(stepsOf('2 ** 10', {})).toBeLessThan(200);
  expect(stepsOf('sqrt(2)', {})).toBeGreaterThan(50);
  expect(stepsOf(`1.${'3'.repeat(3900)} * 1`, {})).toBeGreaterThan(400);
  expect(stepsOf('matches("aaaa", "(a?){1000}")', {})).toBeGreaterThan(4000);
});

test('lists made of the same list again and again are charged for each time they are read', () => {
  const budget = new Budget('test', 100_000);
  const scope = { xs: numbers(1000) };
  expect(() => evaluateExpression('distinct([map(xs, a, xs)])', scope, budget)).toThrow(StepsSpent);
});

test('a sum inside of a sum over a long list is refused by the one budget, and all that follows too', () => {
  const budget = new Budget('the rules of this sheet');
  expect(() => evaluateExpression(nested, { xs: numbers(10_000) }, budget)).toThrow(
    'the rules of this sheet take more than 2000000 steps together',
  );
  expect(budget.spent).toBeLessThan(budget.limit + 10_001);
  expect(() => evaluateExpression('1 + 1', {}, budget)).toThrow(StepsSpent);
});

test('a thousand costly calculations are one error that says so, the same each time', () => {
  const calculations = numbers(1000).map((i): Calculation => {
    const xs = numbers(60);
    return { name: `c${String(i)}`, expression: 'sum(map(xs, a, sum(map(xs, b, a * b))))', inputs: { xs }, claimed: 1 };
  });
  const run = (): unknown => runRules([MATH, ruleOf({ expr: '1 == 1' })], submitting({ calculations }));
  const [first, second] = [run(), run()];
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  expect(first).toMatchObject([
    {
      status: 'error',
      detail: expect.stringMatching(
        /^The rule could not be evaluated: the calculations of this submission take more than 2000000 steps together, stopped at number \d+ of 1000\.$/,
      ),
    },
    { status: 'pass' },
  ]);
});

test('a sheet cannot refill the budget of the calculations by naming their rule again', () => {
  const calculations = numbers(30).map((i): Calculation => ({
    name: `c${String(i)}`,
    expression: 'sum(map(xs, a, sum(xs))) * 0',
    inputs: { xs: numbers(200) },
    claimed: 0,
  }));
  const rules = ['A', 'B', 'C'].map((id) => ruleOf({ id, check: 'MTH-001' }));
  const statuses = runRules(rules, submitting({ calculations })).map(({ status }) => status);
  expect(statuses).toEqual(['pass', 'error', 'error']);
});

test('rules and conditions share one budget; what comes after it is used up is an error, never a pass', () => {
  const output = { xs: numbers(1000) };
  const costly = Array.from({ length: 4 }, (_, i) =>
    ruleOf({ id: `C-${String(i)}`, expr: 'sum(map(output.xs, a, sum(output.xs))) > 0' }),
  );
  const last = [ruleOf({ id: 'L-1', expr: 'true' }), ruleOf({ id: 'L-2', when: 'false', expr: 'true' }), MATH];
  const results = runRules([...costly, ...last], submitting({ output }));
  expect(results.map(({ status }) => status)).toEqual(['pass', 'error', 'error', 'error', 'error', 'error', 'pass']);
  expect(results[1]?.detail).toContain('the rules of this sheet take more than 2000000 steps together');
});

test('a text is found where a plain search finds it, however long the part', () => {
  const ab = (min: number, max: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: min, maxLength: max });
  fc.assert(
    fc.property(ab(0, 40), ab(260, 300), ab(0, 40), fc.nat(300), (before, middle, after, from) => {
      const text = before + middle + after;
      for (const part of [middle, `${middle}a`, text.slice(from), middle.repeat(2)])
        expect(evaluateExpression('contains(text, part)', { text, part })).toBe(text.includes(part));
    }),
  );
  const part = `${letters(300)}b${letters(300)}`;
  expect(evaluateExpression('contains(text, part)', { text: letters(100_000), part })).toBe(false);
});

test('what honest work takes is far within: a thousand growth rates, and passes over ten thousand rows', () => {
  const calculations = numbers(1000).map((i): Calculation => ({
    name: `c${String(i)}`,
    expression: 'round((b / a) ** (1 / n) - 1, 4)',
    inputs: { a: 1, b: 32, n: 5 },
    claimed: 1,
  }));
  expect(runRules([MATH], submitting({ calculations }))[0]?.status).toBe('pass');
  const rows = numbers(10_000).map((i) => ({ id: `AB-${String(10_000 + i)}`, value: i }));
  const exprs = [
    'all(output.rows, r, r.value >= 0)',
    'all(output.rows, r, matches(r.id, "^[A-Z]{2}-[0-9]{5}$"))',
    'distinct(map(output.rows, r, r.id)) == length(output.rows)',
    'sum(map(output.rows, r, r.value / 2)) > 0',
    'all(output.rows, r, length(trim(r.id)) == 8 and contains(lower(r.id), "ab"))',
  ];
  const rules = exprs.map((expr, i) => ruleOf({ id: `H-${String(i)}`, expr }));
  const statuses = runRules(rules, submitting({ output: { rows } })).map(({ status }) => status);
  expect(statuses).toEqual(exprs.map(() => 'pass'));
});
