import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  cyclicSchemas,
  hostileBodies,
  hostileExpressions,
  repeatingQuotes,
  repeatingText,
} from '../../scripts/bench/hostile.js';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, audit, goodSubmission, openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
}, 60_000);
afterAll(() => rig.close());
/** Whatever was sent, the process is unharmed: it answers, and an object has no property it did not have. */
afterEach(async () => {
  expect((await cast.owner.call('GET', '/org')).status).toBe(200);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

const id = z.object({ id: z.string() });
const rule = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id: 'OUR-001',
  kind: 'auto',
  check: 'POL-001',
  expr: 'length(output.text) > 3',
  title: 'There is a text',
  category: 'structure',
  severity: 'critical',
  bucket: 'work_defect',
  remediation: 'Write more.',
  ...changes,
});
const publish = (changes: Readonly<Record<string, unknown>>): Promise<Answer> =>
  cast.owner.call('POST', '/flight-sheets', {
    slug: 'hostile-sheet',
    version: '1.0.0',
    name: 'Hostile',
    lane: 'agent',
    summary: 'What we look at.',
    assignment_instructions: 'Write it.',
    required_output_schema: null,
    strict_submission: false,
    rules: [rule()],
    tolerance: { pass: 0.01, info: 0.02, major: 0.1, absolute_floor: 0 },
    four_eyes: { required_approvals: 1, forbid_submitter: true, forbid_grader: false },
    standards: [],
    state: 'active',
    ...changes,
  });
const codesOf = ({ json }: Answer): readonly string[] =>
  z
    .object({ errors: z.array(z.object({ code: z.string() })) })
    .parse(json)
    .errors.map(({ code }) => code);
const submit = (runId: string, changes: Readonly<Record<string, unknown>>): Promise<Answer> =>
  cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission(changes));

test('a sheet with one id for two rules, and one whose schema comes back to itself, are refused by name', async () => {
  const twice = await publish({ rules: [rule(), rule({ title: 'Again' })] });
  expect(refusalOf(twice)).toBe('422 invalid_flight_sheet');
  expect(codesOf(twice)).toContain('duplicate_id');
  for (const [, required_output_schema] of cyclicSchemas) {
    const cyclic = await publish({ required_output_schema });
    expect(refusalOf(cyclic)).toBe('422 invalid_flight_sheet');
    expect(codesOf(cyclic)).toContain('schema_does_not_compile');
  }
});

test.each(hostileBodies)('a submission with %s is a bad request', async (_name, body) => {
  const runId = await openRun(cast);
  const headers = { authorization: `Bearer ${cast.owner.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${rig.base}/runs/${runId}/submission`, { method: 'POST', headers, body });
  expect(answer.status).toBe(400);
});

test('claims of two mebibytes are too large, and those of one are audited to an end however they repeat themselves', async () => {
  const runId = await openRun(cast);
  const evidenceId = await attach(cast.owner, runId, repeatingText);
  const claims = repeatingQuotes.map((quote) => ({ text: 'It says so.', evidence_ids: [evidenceId], quote }));
  expect(refusalOf(await submit(runId, { claims: [...claims, ...claims] }))).toBe('413 payload_too_large');
  expectAnswer(await submit(runId, { claims }), [201], id);
  const { checks, verdict } = await audit(cast.owner, runId);
  expect(checks.find(({ rule_id }) => rule_id === 'SUB-005')).toMatchObject({
    status: 'error',
    detail: expect.stringContaining('too many comparisons'),
  });
  expect(verdict).toBeNull();
});

test('a run whose calculations are hostile is audited to the end, and each is a flag', async () => {
  const runId = await openRun(cast);
  await attach(cast.owner, runId);
  const xs = Array.from({ length: 100 }, (_, i) => i);
  const calculations = hostileExpressions
    .filter(({ length }) => length > 0 && length <= 2000)
    .map((expression, i) => ({ name: `c${String(i)}`, expression, inputs: { a: 1, xs }, claimed: 1 }));
  expectAnswer(await submit(runId, { calculations }), [201], id);
  const { checks } = await audit(cast.owner, runId);
  expect(checks.find(({ rule_id }) => rule_id === 'MTH-001')).toMatchObject({ status: 'flag', severity: 'critical' });
});

test('evidence sent twice is one item, a claim made twice holds twice, and a calculation twice with two values is a conflict', async () => {
  const runId = await openRun(cast);
  const evidenceId = await attach(cast.owner, runId);
  expect(await attach(cast.owner, runId)).toBe(evidenceId);
  const claim = { text: 'It rose.', evidence_ids: [evidenceId, evidenceId], quote: 'then 120' };
  const calculation = {
    name: 'growth',
    expression: 'after - before',
    inputs: { before: 100, after: 120 },
    claimed: 20,
  };
  const calculations = [calculation, { ...calculation, claimed: 21 }];
  expectAnswer(await submit(runId, { claims: [claim, claim], calculations }), [201], id);
  const { checks } = await audit(cast.owner, runId);
  const statusOf = (wanted: string): string | undefined => checks.find(({ rule_id }) => rule_id === wanted)?.status;
  expect([statusOf('SUB-005'), statusOf('MTH-001'), statusOf('MTH-002')]).toEqual(['pass', 'flag', 'flag']);
});
