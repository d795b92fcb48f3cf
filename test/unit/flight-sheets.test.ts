import { expect, test } from '@jest/globals';
import { library } from '../../src/flight-sheets/library.js';
import { sheetDigest } from '../../src/flight-sheets/digest.js';
import { lintSheet } from '../../src/flight-sheets/lint.js';
import { parseStrictYaml } from '../../src/flight-sheets/read.js';
import { mayBecome } from '../../src/flight-sheets/rules.js';
import { coreRules } from '../../src/flight-sheets/library/parts.js';
import { sheetStates, type FlightSheet } from '../../src/flight-sheets/schema.js';
import { everySheet } from '../../scripts/bench/corpus.js';

test.each(library.map((sheet) => [`${sheet.slug} ${sheet.version}`, sheet] as const))(
  '%s of the library has no fault and names its standards',
  (_name, sheet) => {
    expect(lintSheet(sheet)).toEqual({ sheet, faults: [] });
    expect(sheet.standards.length).toBeGreaterThan(0);
  },
);

test('the library has at least sixteen sheets of distinct purpose, and no version twice', () => {
  expect(new Set(library.map(({ slug }) => slug)).size).toBeGreaterThan(15);
  expect(new Set(library.map(({ slug, version }) => `${slug}@${version}`)).size).toBe(library.length);
});

test('the first versions are what they were when they were published', () => {
  const digests = Object.fromEntries(
    library.filter(({ version }) => version === '1.0.0').map((sheet) => [sheet.slug, sheetDigest(sheet)]),
  );
  expect(digests).toMatchObject({
    'numeric-memo': 'a826245ce83d9c4b5bde55601725889bee248cb07b2719903eec0fa64c43d51f',
    'code-change': '199bb1128ba1656655d64c45b9b9f0356281bcde050b918ba8da365005581ace',
    'data-extraction': '7c11e3683a9dfbbf4f020513721752647bf1e787a8e2eb577fac3b7f3f270ade',
  });
});

test('retiring a sheet leaves its digest', () => {
  expect(sheetDigest({ ...everySheet, state: 'retired' })).toBe(sheetDigest(everySheet));
});

const codesOf = (sheet: unknown): readonly string[] =>
  lintSheet(sheet).faults.map(({ code, path }) => `${code} ${path}`);
const [first] = everySheet.rules;
const expression = (changes: object): object => ({
  ...first,
  id: 'NEW-001',
  check: 'POL-001',
  params: undefined,
  expr: 'true == true',
  ...changes,
});
const withRule = (changes: object): object => ({ ...everySheet, rules: [...everySheet.rules, expression(changes)] });
const at = String(everySheet.rules.length);

test.each<[string, unknown, string]>([
  ['an unknown key', { ...everySheet, colour: 'red' }, 'unknown_key /colour'],
  ['an unknown key in a rule', withRule({ colour: 'red' }), `unknown_key /rules/${at}/colour`],
  ['a duplicate id', withRule({ id: everySheet.rules[0]?.id }), `duplicate_id /rules/${at}/id`],
  ['an unknown built-in', withRule({ check: 'XXX-001' }), `unknown_check /rules/${at}/check`],
  ['an undeclared operand', withRule({ expr: 'nothing > 1' }), `undeclared_operand /rules/${at}/expr`],
  ['an input nobody requires', withRule({ expr: 'inputs.other == 1' }), `undeclared_operand /rules/${at}/expr`],
  ['an unknown function', withRule({ expr: 'eval("1") == 1' }), `unknown_function /rules/${at}/expr`],
  ['an expression that does not parse', withRule({ expr: '1 +' }), `expression_does_not_parse /rules/${at}/expr`],
  ['a condition that is never true', withRule({ when: '1 == 2' }), `unreachable_rule /rules/${at}/when`],
  [
    'a rule about evidence that is not required',
    { ...everySheet, required_evidence: [] },
    `unreachable_rule /rules/${String(everySheet.rules.findIndex(({ id }) => id === 'EVD-003'))}`,
  ],
  [
    'a schema that does not compile',
    { ...everySheet, required_output_schema: { type: 'nonsense' } },
    'schema_does_not_compile /required_output_schema',
  ],
  [
    'no critical rule',
    { ...everySheet, rules: everySheet.rules.map((rule) => ({ ...rule, severity: 'minor' })) },
    'no_critical_rule /rules',
  ],
  [
    'a wrong parameter',
    withRule({ id: 'NEW-002', check: 'SUB-006', expr: undefined, params: { limit: 0 } }),
    `bad_param /rules/${at}/params/limit`,
  ],
  [
    'bands that overlap',
    { ...everySheet, tolerance: { ...everySheet.tolerance, info: 0.5 } },
    'bands_overlap /tolerance',
  ],
  [
    'a policy weaker than the rules',
    { ...everySheet, verdict_policy: { grounded_on: ['critical'] } },
    'policy_too_weak /verdict_policy/grounded_on',
  ],
  ['no sheet at all', null, 'invalid_type '],
])('the lint names %s', (_name, sheet, code) => {
  expect(codesOf(sheet)).toContain(code);
});

test('the lint names all faults at once, also behind an unknown key', () => {
  const sheet = {
    ...everySheet,
    colour: 'red',
    tolerance: { ...everySheet.tolerance, pass: 1 },
    rules: [expression({ expr: 'x > (', severity: 'minor' })],
  };
  expect(new Set(codesOf(sheet).map((code) => code.split(' ')[0]))).toEqual(
    new Set(['unknown_key', 'bands_overlap', 'no_critical_rule', 'expression_does_not_parse']),
  );
});

test('an output path is held against the schema as far as it is closed', () => {
  const closed: Partial<FlightSheet> = {
    required_output_schema: { type: 'object', additionalProperties: false, properties: { a: { type: 'object' } } },
  };
  const paths = (expr: string): readonly string[] =>
    codesOf({ ...everySheet, ...closed, rules: [expression({ expr, severity: 'critical' })] });
  expect(paths('output.a.anything == 1')).toEqual([]);
  expect(paths('output.b == 1')).toEqual(['undeclared_operand /rules/0/expr']);
});

test('YAML is read as JSON would be: no aliases, no repeated keys, no tags, no infinities', () => {
  const read = (text: string): unknown => parseStrictYaml(Buffer.from(text));
  expect(read('a: 1\nb: [x, "2026-01-01", true]\n')).toEqual({ a: 1, b: ['x', '2026-01-01', true] });
  for (const bad of [
    'a: &x 1\nb: *x\n',
    'a: 1\na: 2\n',
    'a: !!js/function "x"\n',
    'a: .nan\n',
    'a: .inf\n',
    'a: [\n',
    `a: ${'['.repeat(40)}${']'.repeat(40)}`,
  ])
    expect(() => read(bad)).toThrow(/not acceptable/);
});

test('a sheet only goes on: draft, active, deprecated, retired', () => {
  const moves = sheetStates.flatMap((from) =>
    sheetStates.filter((to) => mayBecome(from, to)).map((to) => `${from} ${to}`),
  );
  expect(moves).toEqual(['draft active', 'draft retired', 'active deprecated', 'active retired', 'deprecated retired']);
});

test('the core rules need no word of a sheet', () => {
  for (const rule of coreRules) expect(rule).toMatchObject({ kind: 'auto' });
});
