import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import type { Report } from '../../src/verifier/ladder.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';
import { administer } from '../rig/database.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { audit, auditedRun, receiptAnswer, refusalOf, waivedRun } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
}, 60_000);
afterAll(() => rig.close());

const id = z.object({ id: z.string() });
const tomorrow = (): Date => new Date(Date.now() + 86_400_000);
const mint = async (runId: string): Promise<z.output<typeof receiptAnswer>> =>
  expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);

/** A share of a receipt as a stranger reads it, and what the offline verifier says of it. */
async function read(receiptId: string, profile: string): Promise<{ share: unknown; report: Report }> {
  const made = await cast.owner.call('POST', `/receipts/${receiptId}/shares`, { profile });
  const { url } = expectAnswer(made, [201], z.object({ url: z.string() }));
  const share = (await rig.call('GET', new URL(url).pathname)).json;
  const trust = parseTrust(JSON.stringify((await rig.call('GET', '/ledger/keys')).json));
  return { share, report: verifyReceipt(parseReceipt(share), trust) };
}
const rungOf = ({ rungs }: Report, name: string): string | undefined => rungs.find((rung) => rung.name === name)?.state;

test('a receipt says which flags were waived, by how many people, until when; names and reasons only to whom they are shown', async () => {
  const runId = await waivedRun(cast, tomorrow());
  const { id: receiptId } = await mint(runId);
  const standard = await read(receiptId, 'standard');
  expect(standard.report.receipt).toMatchObject({
    verdict: { outcome: 'conditional' },
    waivers: [{ rule: 'MTH-001', severity: 'major', accepted: [{ person: 'person-3' }] }],
    submission: { person: 'person-1' },
    approvals: [{ person: 'person-3', signature: null }],
    fourEyes: { single_person: false },
  });
  expect(JSON.stringify(standard.report.receipt)).not.toContain('Rounded as agreed');
  for (const secret of [cast.reviewer.userId, cast.grader.userId, cast.owner.userId])
    expect(JSON.stringify(standard.share)).not.toContain(secret);
  const full = await read(receiptId, 'full');
  expect(full.report.receipt).toMatchObject({
    waivers: [{ accepted: [{ reason: 'Rounded as agreed with finance.', name: expect.any(String) }] }],
  });
  for (const { report } of [standard, full]) {
    expect(rungOf(report, 'waivers')).toBe('proven');
    expect(rungOf(report, 'separation of duties')).toBe('proven');
  }
});

test('no receipt is minted on a waiver that has ended, even before its timer fires', async () => {
  const runId = await waivedRun(cast, tomorrow());
  await administer(
    rig.ownerUrl,
    `update checks set waiver = jsonb_set(waiver, '{expires_at}', '"2026-01-01T00:00:00.000Z"')
      where run_id = '${runId}' and status = 'waived'`,
  );
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('409 not_approved');
});

const rule = {
  id: 'OUR-001',
  kind: 'auto',
  check: 'POL-001',
  expr: 'length(output.text) > 3',
  title: 'There is a text',
  category: 'structure',
  severity: 'critical',
  bucket: 'work_defect',
  remediation: 'Write more.',
};
const question = {
  id: 'HUM-001',
  kind: 'human',
  response: { type: 'boolean' },
  forbid_submitter: false,
  title: 'It reads well',
  category: 'human',
  severity: 'minor',
  bucket: 'finding',
  remediation: 'Read it again.',
};
const minorSheet = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  slug: 'one-person-note',
  version: '1.0.0',
  name: 'Note of one person',
  lane: 'agent',
  summary: 'One person may do all of it.',
  assignment_instructions: 'Write it.',
  required_output_schema: null,
  strict_submission: false,
  rules: [rule, question],
  tolerance: { pass: 0.01, info: 0.02, major: 0.1, absolute_floor: 0 },
  four_eyes: { required_approvals: 1, forbid_submitter: false, forbid_grader: false, forbid_sole_grader: false },
  standards: [],
  state: 'active',
  ...changes,
});

test('where a minor sheet lets one person do all, the receipt says so; a weightier sheet may not let them', async () => {
  const { owner, projectId } = cast;
  const weighty = minorSheet({ rules: [rule, { ...question, severity: 'major' }] });
  expect((await owner.call('POST', '/flight-sheets/lint', weighty)).json).toMatchObject({
    ok: false,
    faults: [
      { path: '/four_eyes/forbid_submitter', code: 'four_eyes_too_weak' },
      { path: '/four_eyes/forbid_sole_grader', code: 'four_eyes_too_weak' },
    ],
  });
  expectAnswer(await owner.call('POST', '/flight-sheets', minorSheet()), [201], z.unknown());
  const body = { project_id: projectId, title: 'Alone', flight_sheet: { slug: 'one-person-note' } };
  const { id: runId } = expectAnswer(await owner.call('POST', '/runs', body), [201], id);
  const submission = { agent: { name: 'a', version: '1' }, output: { text: 'A note.' } };
  expectAnswer(await owner.call('POST', `/runs/${runId}/submission`, submission), [201], id);
  const open = (await audit(owner, runId)).checks.find(({ status }) => status === 'open');
  const grade = { status: 'pass', response: true };
  expectAnswer(await owner.call('PATCH', `/runs/${runId}/checks/${open?.id ?? ''}`, grade), [200], id);
  expectAnswer(await owner.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }), [200], z.unknown());
  const { id: receiptId } = await mint(runId);
  const { report } = await read(receiptId, 'minimal');
  expect(report.receipt).toMatchObject({ fourEyes: { single_person: true } });
  expect(report.rungs).toContainEqual({
    name: 'separation of duties',
    state: 'proven',
    detail: 'one person did all, as the receipt says',
  });
});

test('who graded everything alone is refused, in the queue too, and a colleague approves', async () => {
  const runId = await auditedRun(cast);
  await administer(
    rig.ownerUrl,
    `update memberships set approver = true where user_id = '${cast.grader.userId}' and org_id = '${cast.owner.orgId}'`,
  );
  const queue = z.object({
    data: z.array(z.object({ run_id: z.string(), may_decide: z.boolean(), because: z.string().nullable() })),
  });
  const waiting = expectAnswer(await cast.grader.call('GET', '/approvals?state=waiting&limit=100'), [200], queue);
  expect(waiting.data.find(({ run_id }) => run_id === runId)).toMatchObject({
    may_decide: false,
    because: expect.stringContaining('alone graded'),
  });
  const approve = (who: Cast['owner']) => who.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect(refusalOf(await approve(cast.grader))).toBe('403 separation_of_duties');
  expect((await approve(cast.reviewer)).status).toBe(200);
});
