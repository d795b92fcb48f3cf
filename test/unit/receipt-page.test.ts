import { expect, test } from '@jest/globals';
import { mergeFindings } from '../../src/shares/run-sections.js';

const finding = { id: 'EVD-001', result: 'pass', severity: 'critical', grader: 'engine' };

test('one finding of both audits is one row that names both', () => {
  const merged = mergeFindings([
    { ...finding, audit: 'flight_sheet' },
    { ...finding, id: 'EVD-002', audit: 'flight_sheet' },
    { ...finding, audit: 'core' },
  ]);
  expect(merged.map(({ id, audits }) => [id, audits])).toEqual([
    ['EVD-001', ['flight sheet', 'core engine']],
    ['EVD-002', ['flight sheet']],
  ]);
});

test('findings that differ stay apart, each with its audit', () => {
  const merged = mergeFindings([
    { ...finding, audit: 'flight_sheet' },
    { ...finding, audit: 'core', result: 'flag' },
  ]);
  expect(merged.map(({ result, audits }) => [result, audits])).toEqual([
    ['pass', ['flight sheet']],
    ['flag', ['core engine']],
  ]);
});
