import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runRules } from '../../src/checks/engine.js';
import type { EngineInputs } from '../../src/checks/frozen.js';
import { compute } from '../../src/checks/math.js';
import { compileSchema, schemaFaults } from '../../src/checks/output-schema.js';
import { findQuotes } from '../../src/checks/quotes.js';
import { findRefCycle } from '../../src/checks/schema-cycles.js';
import { lintSheet } from '../../src/flight-sheets/lint.js';
import type { Rule } from '../../src/flight-sheets/schema.js';
import { parseStrictJson } from '../../src/http/strict-json.js';
import { cleanInputs, everySheet, judge } from '../../scripts/bench/corpus.js';
import {
  cyclicSchemas,
  hostileBodies,
  hostileExpressions,
  repeatingQuotes,
  repeatingText,
} from '../../scripts/bench/hostile.js';

const statusOn = (expr: string): string => {
  const [first] = everySheet.rules.filter(({ id }) => id === 'POL-001');
  if (first?.kind !== 'auto') throw new Error('the corpus has no expression rule');
  const rule: Rule = { ...first, expr };
  return runRules([rule], cleanInputs)[0]?.status ?? 'none';
};

test.each(hostileExpressions.map((text) => [text.slice(0, 40), text] as const))(
  '%s is refused, and the engine goes on',
  (_short, text) => {
    expect(() => compute(text, { a: 1, xs: Array.from({ length: 100 }, (_, i) => i) })).toThrow();
    expect(statusOn(text)).toMatch(/error|flag/);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(statusOn('1 == 1')).toBe('pass');
  },
);

test.each(cyclicSchemas)(
  'a schema that comes back to itself (%s) is refused before a run is opened on it',
  (_, schema) => {
    expect(findRefCycle(schema)).toBeDefined();
    expect(() => compileSchema(schema)).toThrow(/comes back to itself/);
    const { faults } = lintSheet({ ...everySheet, required_output_schema: schema });
    expect(faults.map(({ code }) => code)).toContain('schema_does_not_compile');
    expect(judge({ ...cleanInputs, sheet: { ...everySheet, required_output_schema: schema } })['SUB-003']).toBe(
      'error',
    );
  },
);

test('a schema that goes deeper each time round is a tree and is kept', () => {
  const tree = {
    $defs: {
      node: {
        type: 'object',
        required: ['value'],
        properties: { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      },
    },
    allOf: [{ $ref: '#/$defs/node' }, { $ref: '#/$defs/node' }],
  };
  expect(findRefCycle(tree)).toBeUndefined();
  expect(schemaFaults(tree, { value: 1, children: [{ value: 2, children: [] }] })).toEqual([]);
  expect(schemaFaults(tree, { value: 1, children: [{ value: 'x' }] })[0]?.pointer).toBe('/children/0/value');
  expect(findRefCycle({ $ref: 'https://elsewhere.example/s', allOf: [{ $ref: '#/nowhere/%zz' }] })).toBeUndefined();
});

test.each(hostileBodies)('a body with %s is refused', (_, body) => {
  expect(() => parseStrictJson(Buffer.from(body))).toThrow(/not acceptable JSON|not JSON/);
});

/** The clean run, but for its claims and the text of its first evidence. */
const claiming = (quotes: readonly string[], text: string): EngineInputs => {
  const { submission, evidence } = cleanInputs;
  if (!submission) throw new Error('the corpus has no submission');
  const [first] = evidence;
  const claims = quotes.map((quote) => ({ text: 'It says so.', evidence_ids: [first?.id ?? ''], quote }));
  return {
    ...cleanInputs,
    evidence: evidence.map((item, i) => (i === 0 ? { ...item, text } : item)),
    submission: { ...submission, claims },
  };
};
const times = (count: number, quote: string): readonly string[] => Array.from({ length: count }, () => quote);

test('a mebibyte of claims that quote their evidence is read; quotes that repeat themselves end as an error', () => {
  const quote = Array.from({ length: 1000 }, (_, i) => `word${String(i)}`).join(' ');
  const text = `${'before '.repeat(20_000)}${quote} after`;
  const read = claiming(times(140, quote), text);
  expect(JSON.stringify(read.submission?.claims).length).toBeGreaterThan(1024 * 1024);
  expect(judge(read)['SUB-005']).toBe('pass');
  expect(judge(claiming(times(140, `${quote} never`), text))['SUB-005']).toBe('flag');
  expect(judge(claiming(repeatingQuotes, repeatingText))['SUB-005']).toBe('error');
});

test('a quote is found where a plain search finds it, however the two repeat themselves', () => {
  const letters = (max: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: max });
  fc.assert(
    fc.property(letters(60), fc.array(letters(14), { maxLength: 8 }), (text, quotes) => {
      const [evidence] = cleanInputs.evidence;
      if (!evidence) throw new Error('the corpus has no evidence');
      const claims = quotes.map((quote) => ({ text: 'It says so.', evidence_ids: [evidence.id], quote }));
      const found = findQuotes(claims, [{ ...evidence, text }]).get(evidence.id);
      expect([...(found ?? [])].sort()).toEqual([...new Set(quotes.filter((quote) => text.includes(quote)))].sort());
    }),
    { numRuns: 500 },
  );
});
