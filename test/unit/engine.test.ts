import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestsOf, runRules } from '../../src/checks/engine.js';
import { evaluateExpression, holds } from '../../src/checks/expression/evaluate.js';
import { OperandMissing } from '../../src/checks/expression/value.js';
import type { EngineInputs } from '../../src/checks/frozen.js';
import { compute } from '../../src/checks/math.js';
import type { Rule } from '../../src/flight-sheets/schema.js';
import { cleanInputs, everySheet, judge } from '../../scripts/bench/corpus.js';

const withSubmission = (changes: Partial<NonNullable<EngineInputs['submission']>>): EngineInputs => ({
  ...cleanInputs,
  submission: cleanInputs.submission && { ...cleanInputs.submission, ...changes },
});
const rule = (changes: Partial<Extract<Rule, { kind: 'auto' }>>): Rule => ({
  id: 'TST-001',
  kind: 'auto',
  check: 'POL-001',
  title: 'A test',
  category: 'policy',
  severity: 'major',
  bucket: 'finding',
  remediation: 'None.',
  ...changes,
});
const verdictOn = (changes: Partial<Extract<Rule, { kind: 'auto' }>>): { status?: string; detail?: string } => {
  const [result] = runRules([rule(changes)], cleanInputs);
  return result ?? {};
};

test.each([
  [3.0299, 'pass'],
  [3.03, 'pass'],
  [3.04, 'flag info'],
  [3.06, 'flag info'],
  [3.0601, 'flag major'],
  [3.29, 'flag major'],
  [3.3, 'flag critical'],
  [-3, 'flag critical'],
])('a claim of %d for three is %s: the bands have no gap', (claimed, expected) => {
  const calculations = [{ name: 'n', expression: 'a + b', inputs: { a: 1, b: 2 }, claimed }];
  expect(judge(withSubmission({ calculations }))['MTH-001']).toBe(expected);
});

test('a schema that does not compile is an error of its own rule', () => {
  const sheet = { ...everySheet, required_output_schema: { type: 'nonsense' } };
  expect(judge({ ...cleanInputs, sheet })['SUB-003']).toBe('error');
});

test('expressions are arithmetic, text, dates, lists and conditions', () => {
  expect(compute('sum(xs) / count(xs) - mean(xs)', { xs: [1, 2, 3] }).toNumber()).toBe(0);
  expect(compute('round(a * 1.19, 2)', { a: 9.99 }).toNumber()).toBe(11.89);
  expect(compute('0.1 + 0.2', {}).toString()).toBe('0.3');
  const scope = { xs: [{ n: 1 }, { n: 2 }], text: 'Revenue', at: '2026-01-01', none: null };
  for (const [expression, expected] of [
    ['all(xs, x, x.n > 0) and any(xs, x, x.n == 2) and none(xs, x, x.n > 2)', true],
    ['count_where(xs, x, x.n >= 2) == 1', true],
    ['sum(map(xs, x, x.n)) == 3', true],
    ['length(filter(xs, x, x.n > 1)) == 1', true],
    ['xs[1].n == 2 && "n" in ["n", "m"]', true],
    ['if(has(missing.path), 1, 2) == 2', true],
    ['has(none)', false],
    ['lower(text) == "revenue" and matches(text, "^Rev(enue)*$") and length(trim(" a ")) == 1', true],
    ['days_between(at, "2026-01-31") == 30', true],
    ['time("2026-01-01T00:00:00Z") < time("2026-01-01T00:00:00-01:00")', true],
    ['not (text == "x") ? true : false', true],
  ] as const)
    expect([expression, evaluateExpression(expression, scope)]).toEqual([expression, expected]);
});

test('a missing operand is a flag of its own, even where the other side would decide', () => {
  expect(verdictOn({ expr: 'true or output.nothing > 1' })).toMatchObject({
    status: 'flag',
    detail: 'operand_missing: output.nothing',
  });
  expect(() => holds('a.b.c == 1', { a: { b: null } })).toThrow(OperandMissing);
  expect(verdictOn({ when: 'output.nothing == 1', expr: 'true' })).toMatchObject({ status: 'flag' });
  expect(verdictOn({ when: 'output.growth < 0', expr: 'false' })).toMatchObject({ status: 'skip' });
});

test('a pattern that backtracks for ever elsewhere answers at once, in rules and in schemas', () => {
  const text = `${'a'.repeat(50_000)}!`;
  expect(evaluateExpression('matches(text, "^(a+)+$")', { text })).toBe(false);
  const sheet = { ...everySheet, required_output_schema: { type: 'string', pattern: '^(a+)+$' } };
  const results = judge({ ...withSubmission({ output: text }), sheet });
  expect(results['SUB-003']).toBe('flag');
});

test('no expression crashes the rule: it is a number or a critical flag', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (expression) => {
      const calculations = [{ name: 'n', expression, inputs: { a: 1 }, claimed: 1 }];
      expect(judge(withSubmission({ calculations }))['MTH-001']).toMatch(/pass|flag/);
    }),
    { numRuns: 50 },
  );
});

test('no text of a rule makes the engine throw', () => {
  const words = [
    'a',
    '(',
    ')',
    ',',
    '.',
    '[',
    ']',
    '"x"',
    '1',
    'and',
    'or',
    'not',
    'in',
    '==',
    'sum',
    'all',
    'has',
    'if',
    '?',
    ':',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (parts) => {
      expect(verdictOn({ expr: parts.join(' ') }).status).toMatch(/pass|flag|error/);
    }),
  );
});

test('secrets and personal data are found by their checks and shown masked', () => {
  const found = (text: string): { readonly rules: readonly string[]; readonly text: string } => {
    const results = runRules(everySheet.rules, {
      ...cleanInputs,
      evidence: cleanInputs.evidence.map((item, i) => (i === 0 ? { ...item, text } : item)),
    });
    const flagged = results.filter(({ rule_id, status }) => rule_id.startsWith('SAF') && status === 'flag');
    return { rules: flagged.map(({ rule_id }) => rule_id), text: JSON.stringify(flagged) };
  };
  expect(found('IBAN DE89 3704 0044 0532 0130 01').rules).toEqual([]);
  expect(found('Card 4111 1111 1111 1112').rules).toEqual([]);
  expect(found('write to a@example.com').rules).toEqual([]);
  expect(found(['ghp', 'x'.repeat(36)].join('_')).rules).toEqual([]);
  const secret = ['AKIA', 'QX3MZT7BVN2WLKPD'].join('');
  const spotted = found(`key ${secret}, mail jane.doe@corp.io, phone +49 30 901820 55`);
  expect(spotted.rules).toEqual(['SAF-001', 'SAF-002']);
  for (const plain of [secret, 'jane.doe', '901820']) expect(spotted.text).not.toContain(plain);
});

test('the same inputs give the same digests; a change of one gives others', () => {
  const first = digestsOf(cleanInputs, runRules(everySheet.rules, cleanInputs));
  const copy = structuredClone(cleanInputs);
  expect(digestsOf(copy, runRules(copy.sheet.rules, copy))).toEqual(first);
  const later = { ...cleanInputs, clock: '2026-01-01T02:00:00.001Z' };
  expect(digestsOf(later, runRules(everySheet.rules, later)).replay).not.toBe(first.replay);
});

test('another process in another time zone and language finds the same bytes', () => {
  const program = `
    const { cleanInputs, everySheet } = await import('${new URL('../../dist/scripts/bench/corpus.js', import.meta.url).href}');
    const { runRules, digestsOf } = await import('${new URL('../../dist/src/checks/engine.js', import.meta.url).href}');
    process.stdout.write(digestsOf(cleanInputs, runRules(everySheet.rules, cleanInputs)).replay);`;
  const digests = ['UTC', 'Pacific/Kiritimati', 'America/St_Johns'].map((TZ) => {
    const env = { ...process.env, NODE_OPTIONS: '', TZ, LANG: 'tr_TR.UTF-8' };
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { env });
    return stdout.toString() || stderr.toString();
  });
  const here = digestsOf(cleanInputs, runRules(everySheet.rules, cleanInputs)).replay;
  expect(digests).toEqual([here, here, here]);
});
