import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathJoin } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { replayAudit } from '../../src/checks/replay.js';
import { createRunDurable } from '../../src/runs/durable.js';
import { administer } from '../rig/database.js';
import { assemble, join, signedInHoursAgo, signUp, type Cast, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import {
  attach,
  audit,
  auditedRun,
  flaggedSubmission,
  goodSubmission,
  gradeAll,
  openRun,
  refusalOf,
  stateOf,
} from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let second: PersonInTest;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  second = await join(rig, cast.owner, 'member', true);
}, 60_000);
afterAll(() => rig.close());

const checkOf = (checks: readonly { id: string; rule_id: string; status: string }[], rule: string): { id: string } => {
  const found = checks.find(({ rule_id }) => rule_id === rule);
  if (!found) throw new Error(`no check of ${rule}`);
  return found;
};
const soon = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** A run whose one flag is a major one: off by five percent. */
async function flaggedRun(): Promise<{ runId: string; checkId: string }> {
  const runId = await openRun(cast);
  await attach(cast.owner, runId);
  await cast.owner.call('POST', `/runs/${runId}/submission`, flaggedSubmission());
  const found = await audit(cast.owner, runId);
  await gradeAll(cast.grader, runId, found);
  return { runId, checkId: checkOf(found.checks, 'MTH-001').id };
}
const waive = (
  who: Caller,
  { runId, checkId }: { runId: string; checkId: string },
  body: unknown = { reason: 'Rounded as agreed with finance.', expires_at: soon(10) },
): ReturnType<Caller['call']> => who.call('POST', `/runs/${runId}/checks/${checkId}/waiver`, body);
const verdictOf = async (runId: string): Promise<unknown> =>
  z.looseObject({ verdict: z.unknown() }).parse((await cast.owner.call('GET', `/runs/${runId}`)).json).verdict;

test('a major flag is accepted by one person with a reason and an end, and the run is conditional', async () => {
  const run = await flaggedRun();
  expect(await verdictOf(run.runId)).toMatchObject({ outcome: 'grounded', because: ['major_flags'] });
  expect(refusalOf(await waive(cast.owner, run))).toBe('403 separation_of_duties');
  const at = soon(10);
  expect(refusalOf(await waive(cast.reviewer, run, { reason: 'short', expires_at: at }))).toBe('422 invalid_waiver');
  const late = { reason: 'Rounded as agreed with finance.', expires_at: soon(91) };
  expect(refusalOf(await waive(cast.reviewer, run, late))).toBe('422 invalid_waiver');
  expect((await waive(cast.reviewer, run)).json).toMatchObject({ status: 'waived', waiver: { needed: 1 } });
  expect(await verdictOf(run.runId)).toMatchObject({ outcome: 'conditional', because: ['waived_flags'] });
  expect((await waive(cast.reviewer, run)).status).toBe(200);
  expect((await second.call('POST', `/runs/${run.runId}/approve`, { decision: 'approved' })).status).toBe(200);
  expect(await stateOf(cast.owner, run.runId)).toBe('approved');
});

test('a waiver that has ended is a flag again: the timer voids the approval that rested on it', async () => {
  const run = await flaggedRun();
  await waive(cast.reviewer, run, {
    reason: 'Only for a moment, to see it end.',
    expires_at: new Date(Date.now() + 2500).toISOString(),
  });
  await second.call('POST', `/runs/${run.runId}/approve`, { decision: 'approved' });
  expect(await stateOf(cast.owner, run.runId)).toBe('approved');
  const deadline = Date.now() + 20_000;
  while ((await stateOf(cast.owner, run.runId)) === 'approved' && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const after = (await cast.owner.call('GET', `/runs/${run.runId}`)).json;
  expect(after).toMatchObject({ state: 'audited', verdict: { outcome: 'grounded' }, approvals: [{ voided: true }] });
  expect(refusalOf(await cast.owner.call('POST', `/runs/${run.runId}/receipt`))).toBe('409 not_approved');
});

test('a critical flag needs two people, a pass cannot be accepted, a killer item never', async () => {
  const runId = await openRun(cast);
  await attach(cast.owner, runId);
  const body = goodSubmission({ output: { title: 'Bad' }, calculations: [] });
  await cast.owner.call('POST', `/runs/${runId}/submission`, body);
  const found = await audit(cast.owner, runId);
  await gradeAll(cast.grader, runId, found);
  const critical = { runId, checkId: checkOf(found.checks, 'SUB-003').id };
  expect((await waive(cast.reviewer, critical)).json).toMatchObject({ status: 'flag', waiver: { needed: 2 } });
  expect((await waive(second, critical)).json).toMatchObject({ status: 'waived' });
  expect(refusalOf(await waive(second, { runId, checkId: checkOf(found.checks, 'SUB-001').id }))).toBe(
    '409 not_waivable',
  );
  const killers = await openRun(cast, 'agent-work');
  await attach(cast.owner, killers);
  await cast.owner.call('POST', `/runs/${killers}/submission`, {
    agent: { name: 'a', version: '1' },
    output: { result: 'Everything was done as asked.', not_done: [] },
  });
  const open = checkOf((await audit(cast.owner, killers)).checks, 'HUM-001').id;
  const flagged = {
    status: 'flag',
    response: 'I looked at the result and it is not it.',
    reason: 'Not what was asked.',
  };
  await cast.reviewer.call('PATCH', `/runs/${killers}/checks/${open}`, flagged);
  expect(refusalOf(await waive(second, { runId: killers, checkId: open }))).toBe('409 killer_item');
});

test('a second grader is waited for where the sheet says so, and a regrade keeps its history', async () => {
  const runId = await openRun(cast, 'incident-postmortem');
  await cast.owner.call('POST', `/runs/${runId}/submission`, { agent: { name: 'a', version: '1' }, output: {} });
  const { checks } = await audit(cast.owner, runId);
  const { id } = checkOf(checks, 'HUM-001');
  const grade = (who: Caller, status: string): ReturnType<Caller['call']> =>
    who.call('PATCH', `/runs/${runId}/checks/${id}`, {
      status,
      response: 'The alert on the queue length.',
      reason: 'Read it.',
    });
  expect((await grade(cast.reviewer, 'pass')).json).toMatchObject({
    status: 'open',
    detail: '1 of 2 people have answered.',
  });
  expect((await grade(cast.reviewer, 'pass')).json).toMatchObject({ status: 'open', version: 2 });
  expect((await grade(second, 'pass')).json).toMatchObject({ status: 'pass' });
  expect((await grade(second, 'flag')).json).toMatchObject({ status: 'flag', regraded: 2 });
  const run = (await cast.owner.call('GET', `/runs/${runId}`)).json;
  expect(run).toMatchObject({ state: 'audited', verdict: { outcome: 'grounded' } });
});

test('an exported audit replays offline to the same digests, in another process too; a changed one does not', async () => {
  const runId = await auditedRun(cast);
  const [{ id } = { id: '' }] = z
    .looseObject({ audits: z.array(z.looseObject({ id: z.string() })) })
    .parse((await cast.owner.call('GET', `/runs/${runId}`)).json).audits;
  const path = `/runs/${runId}/audits/${id}/export`;
  const { json } = await cast.owner.call('GET', path);
  expect(replayAudit(json)).toEqual({ auditId: id, same: true, differences: [] });
  const file = pathJoin(mkdtempSync(pathJoin(tmpdir(), 'audit-')), 'audit.json');
  writeFileSync(file, JSON.stringify(json));
  const env = { ...process.env, NODE_OPTIONS: '', TZ: 'Asia/Kathmandu' };
  const replayed = spawnSync(process.execPath, ['dist/scripts/replay.js', file], { env });
  expect(replayed.stdout.toString()).toContain('the same digests');
  const changed = z.looseObject({ inputs: z.looseObject({}) }).parse(json);
  expect(replayAudit({ ...changed, inputs: { ...changed.inputs, clock: '2026-01-01T00:00:00.000Z' } }).same).toBe(
    false,
  );
  const stranger = await signUp(rig);
  expect(refusalOf(await stranger.call('GET', path))).toBe('404 not_found');
});

test('who abstains counts for neither side and may decide later', async () => {
  const runId = await auditedRun(cast);
  const approve = (who: Caller, decision: string, note?: string): ReturnType<Caller['call']> =>
    who.call('POST', `/runs/${runId}/approve`, { decision, ...(note === undefined ? {} : { note }) });
  expect(refusalOf(await approve(second, 'abstained'))).toBe('422 note_required');
  expect((await approve(second, 'abstained', 'I know the author.')).json).toMatchObject({ run_state: 'audited' });
  expect((await approve(second, 'approved')).json).toMatchObject({ run_state: 'approved' });
});

test('a decision is taken back by its own person before the receipt, and by nobody else', async () => {
  const runId = await auditedRun(cast);
  const decided = z.looseObject({ approval: z.looseObject({ id: z.string() }) });
  const given = await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  const { id } = expectAnswer(given, [200], decided).approval;
  expect(refusalOf(await second.call('POST', `/runs/${runId}/approvals/${id}/withdraw`))).toBe(
    '403 separation_of_duties',
  );
  const back = await cast.reviewer.call('POST', `/runs/${runId}/approvals/${id}/withdraw`);
  expect(back.json).toMatchObject({ run_state: 'audited', approval: { voided: true } });
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('409 not_approved');
  expect((await second.call('POST', `/runs/${runId}/approve`, { decision: 'approved' })).json).toMatchObject({
    run_state: 'approved',
  });
});

test('the queue shows what waits and who may decide', async () => {
  const runId = await auditedRun(cast);
  const queue = z.looseObject({ data: z.array(z.looseObject({ run_id: z.string(), may_decide: z.boolean() })) });
  const mine = async (who: Caller): Promise<boolean | undefined> =>
    expectAnswer(await who.call('GET', '/approvals?state=waiting&limit=100'), [200], queue).data.find(
      (row) => row.run_id === runId,
    )?.may_decide;
  expect(await mine(cast.owner)).toBe(false);
  expect(await mine(second)).toBe(true);
  expect(await mine(await signUp(rig))).toBeUndefined();
  await second.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect(await mine(second)).toBeUndefined();
});

test('a request for approval that nobody answers for thirty days must be audited again', async () => {
  const runId = await auditedRun(cast);
  await administer(
    rig.ownerUrl,
    `update runs set updated_at = now() - interval '31 days', reminders = 2 where id = '${runId}'`,
  );
  const workflow = rig.client.workflow.getHandle(`run:${runId}`);
  await workflow.terminate('to be started again from its row');
  await createRunDurable(rig.client, rig.parts.queues).ensure({ orgId: cast.owner.orgId, runId });
  const deadline = Date.now() + 15_000;
  while ((await stateOf(cast.owner, runId)) === 'audited' && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await stateOf(cast.owner, runId)).toBe('submitted');
  expect(refusalOf(await second.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '409 not_audited',
  );
});

test('a sign-in older than twelve hours neither decides nor accepts a flag; a younger one does', async () => {
  const flagged = await flaggedRun();
  const [old, young] = [
    await signedInHoursAgo(rig, cast.reviewer, 12.1),
    await signedInHoursAgo(rig, cast.reviewer, 11.9),
  ];
  const decide = (who: Caller, decision: string): ReturnType<Caller['call']> =>
    who.call('POST', `/runs/${flagged.runId}/approve`, { decision, note: 'Read it.' });
  expect(refusalOf(await waive(old, flagged))).toBe('401 step_up_required');
  expect((await waive(young, flagged)).status).toBe(200);
  for (const decision of ['approved', 'rejected', 'escalated', 'abstained'])
    expect(refusalOf(await decide(old, decision))).toBe('401 step_up_required');
  expect((await decide(young, 'approved')).json).toMatchObject({ run_state: 'approved' });
});

test('the approval of a member who is removed before the quorum is there counts no more', async () => {
  const four_eyes = { required_approvals: 2, forbid_submitter: true, forbid_grader: false };
  const leaving = await join(rig, cast.owner, 'member', true);
  const runId = await auditedRun(cast, { four_eyes });
  const approve = (who: Caller): ReturnType<Caller['call']> =>
    who.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect((await approve(leaving)).json).toMatchObject({ run_state: 'audited' });
  expectAnswer(await cast.owner.call('DELETE', `/org/members/${leaving.userId}`), [200], z.unknown());
  expect((await approve(cast.reviewer)).json).toMatchObject({ run_state: 'audited' });
  expect((await approve(leaving)).status).toBe(401);
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('409 not_approved');
  expect((await approve(second)).json).toMatchObject({ run_state: 'approved' });
});

test('fifty approvals and rejections at once give one outcome', async () => {
  const runId = await auditedRun(cast);
  const voices = Array.from({ length: 50 }, (_, i) => ({
    who: i % 2 === 0 ? cast.reviewer : second,
    approves: i % 4 < 2,
  }));
  const answers = await Promise.all(
    voices.map(({ who, approves }) =>
      who.call(
        'POST',
        `/runs/${runId}/approve`,
        approves ? { decision: 'approved' } : { decision: 'rejected', note: 'No.' },
      ),
    ),
  );
  for (const { status } of answers) expect([200, 202, 409, 429, 503]).toContain(status);
  const run = z
    .looseObject({
      state: z.string(),
      approvals: z.array(z.looseObject({ decision: z.string(), voided: z.boolean() })),
    })
    .parse((await cast.owner.call('GET', `/runs/${runId}`)).json);
  expect(['approved', 'rejected']).toContain(run.state);
  expect(run.approvals.filter(({ voided }) => !voided).map(({ decision }) => decision)).toEqual([run.state]);
});
