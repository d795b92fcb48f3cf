import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestsOf, runRules, type EngineInputs } from '../../src/checks/engine.js';
import { compute } from '../../src/checks/math.js';
import { listSheets } from '../../src/flight-sheets/library.js';
import { flightSheetSchema } from '../../src/flight-sheets/schema.js';
import { standardTolerance } from '../../src/flight-sheets/library/parts.js';

const clean: EngineInputs = {
  engine_version: 'core/1.0.0',
  clock: '2026-01-01T00:00:00.000Z',
  sheet_digest: 'd',
  output_schema: { type: 'object', required: ['a'] },
  tolerance: standardTolerance,
  evidence: [{ id: 'e1', sha256: 'x', state: 'verified', observed_sha256: 'x' }],
  evidence_root: 'r',
  submission: {
    id: 's',
    evidence_root: 'r',
    output: { a: 1 },
    calculations: [{ name: 'n', expression: 'a + b', inputs: { a: 1, b: 2 }, claimed: 3 }],
    submitter: 'p1',
  },
  approvers: ['p1', 'p2'],
};
const keys = ['EVD-001', 'EVD-002', 'EVD-006', 'SUB-001', 'SUB-003', 'MTH-001', 'SOD-001'];
const run = (inputs: EngineInputs): Readonly<Record<string, string>> =>
  Object.fromEntries(
    runRules(
      keys.map((key) => ({ rule_id: key, check: key })),
      inputs,
    ).map(({ rule_id, status, severity }) => [rule_id, severity === undefined ? status : `${status} ${severity}`]),
  );
const withSubmission = (changes: Partial<NonNullable<EngineInputs['submission']>>): EngineInputs => ({
  ...clean,
  submission: clean.submission && { ...clean.submission, ...changes },
});

test('a clean run passes every rule', () => {
  expect(new Set(Object.values(run(clean)))).toEqual(new Set(['pass']));
});

test.each<[string, string, EngineInputs]>([
  ['EVD-001', 'flag', { ...clean, evidence: [{ id: 'e1', sha256: 'x', state: 'verified', observed_sha256: 'y' }] }],
  ['EVD-001', 'flag', { ...clean, evidence: [{ id: 'e1', sha256: 'x', state: 'verified', observed_sha256: null }] }],
  ['EVD-002', 'flag', { ...clean, evidence_root: 'other' }],
  ['EVD-006', 'flag', { ...clean, evidence: [{ id: 'e1', sha256: 'x', state: 'quarantined', observed_sha256: 'x' }] }],
  ['SUB-001', 'flag', { ...clean, submission: null }],
  ['SUB-003', 'flag', withSubmission({ output: {} })],
  ['SUB-003', 'error', { ...clean, output_schema: { type: 'nonsense' } }],
  ['SOD-001', 'flag', { ...clean, approvers: ['p1'] }],
])('%s gives %s for its own defect and leaves the other rules alone', (rule, status, inputs) => {
  const results = run(inputs);
  expect(results[rule]).toBe(status);
  const others = Object.entries(results).filter(
    ([id, result]) => id !== rule && result !== 'pass' && result !== 'skip',
  );
  expect(others).toEqual([]);
});

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
  expect(run(withSubmission({ calculations }))['MTH-001']).toBe(expected);
});

test('expressions are arithmetic and nothing else', () => {
  expect(compute('sum(xs) / count(xs) - mean(xs)', { xs: [1, 2, 3] }).toNumber()).toBe(0);
  expect(compute('round(a * 1.19, 2)', { a: 9.99 }).toNumber()).toBe(11.89);
  expect(compute('0.1 + 0.2', {}).toString()).toBe('0.3');
  for (const hostile of [
    'a.b',
    'a[0]',
    'constructor',
    '__proto__',
    'toString()',
    'f(1)',
    'a ? 1 : 2',
    '"x"',
    '1/0',
    '9**9**9',
    'x',
    '2 ^ 3',
    '',
    `${'('.repeat(200)}1${')'.repeat(200)}+x`,
  ]) {
    expect(() => compute(hostile, { a: 1 })).toThrow();
  }
});

test('no expression crashes the rule: it is a number or a critical flag', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (expression) => {
      const calculations = [{ name: 'n', expression, inputs: { a: 1 }, claimed: 1 }];
      expect(run(withSubmission({ calculations }))['MTH-001']).toMatch(/pass|flag/);
    }),
  );
});

test('the same inputs give the same digests; a change of one gives others', () => {
  const rules = keys.map((key) => ({ rule_id: key, check: key }));
  const first = digestsOf(clean, runRules(rules, clean));
  expect(digestsOf({ ...clean }, runRules(rules, clean))).toEqual(first);
  const later = { ...clean, clock: '2026-01-01T00:00:00.001Z' };
  expect(digestsOf(later, runRules(rules, later)).replay).not.toBe(first.replay);
});

test('every sheet of the library is well-formed, has a critical rule and unique rule ids', () => {
  expect(listSheets().length).toBeGreaterThan(2);
  for (const sheet of listSheets()) {
    expect(flightSheetSchema.parse(sheet)).toEqual(sheet);
    const ids = sheet.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(sheet.rules.some(({ severity }) => severity === 'critical')).toBe(true);
    const automatic = sheet.rules.flatMap((rule) =>
      rule.kind === 'auto' ? [{ rule_id: rule.id, check: rule.check }] : [],
    );
    for (const { detail } of runRules(automatic, clean)) expect(detail).not.toContain('has no rule');
  }
});
