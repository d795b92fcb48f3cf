import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { assemble, join, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import {
  approvedRun,
  attach,
  audit,
  auditedRun,
  goodSubmission,
  gradeAll,
  openRun,
  receiptAnswer,
  refusalOf,
  stateOf,
} from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

test('a run goes from draft to receipted, and says what is possible on the way', async () => {
  const runId = await openRun(cast);
  expect(await stateOf(cast.owner, runId)).toBe('draft');
  await attach(cast.owner, runId);
  expect(await stateOf(cast.owner, runId)).toBe('collecting');
  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission());
  expect(await stateOf(cast.owner, runId)).toBe('submitted');
  const found = await audit(cast.owner, runId);
  expect(await stateOf(cast.owner, runId)).toBe('in_review');
  await gradeAll(cast.grader, runId, found);
  expect(await stateOf(cast.owner, runId)).toBe('audited');
  await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect(await stateOf(cast.owner, runId)).toBe('approved');
  const minted = await cast.owner.call('POST', `/runs/${runId}/receipt`);
  expect(minted.status).toBe(201);
  expect(await stateOf(cast.owner, runId)).toBe('receipted');
});

test('every wrong order is refused with its own code and leaves the run as it was', async () => {
  const runId = await openRun(cast);
  const approve = (): ReturnType<typeof cast.owner.call> =>
    cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/audit`))).toBe('409 submission_missing');
  expect(refusalOf(await approve())).toBe('409 not_audited');
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('409 not_approved');
  expect(await stateOf(cast.owner, runId)).toBe('draft');
  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission());
  expect(refusalOf(await approve())).toBe('409 not_audited');
  await audit(cast.owner, runId);
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('409 not_approved');
  expect(await stateOf(cast.owner, runId)).toBe('in_review');
});

test('the submitter cannot approve their own run, nor answer its human rules', async () => {
  const runId = await auditedRun(cast);
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '403 separation_of_duties',
  );
  const other = await openRun(cast);
  await cast.owner.call('POST', `/runs/${other}/submission`, goodSubmission());
  const { checks } = await audit(cast.owner, other);
  const open = checks.find(({ rule_id }) => rule_id === 'HUM-001');
  const graded = await cast.owner.call('PATCH', `/runs/${other}/checks/${open?.id ?? ''}`, {
    status: 'pass',
    response: 1,
  });
  expect(refusalOf(graded)).toBe('403 separation_of_duties');
});

test('a second receipt is the same receipt, and approving twice is the same approval', async () => {
  const runId = await approvedRun(cast);
  const again = await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' });
  expect(again.status).toBe(200);
  const first = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  const second = await cast.owner.call('POST', `/runs/${runId}/receipt`);
  expect(second.status).toBe(200);
  expect(receiptAnswer.parse(second.json).id).toBe(first.id);
});

test('five receipts asked for at once are one receipt and one leaf', async () => {
  const runId = await approvedRun(cast);
  const answers = await Promise.all(Array.from({ length: 5 }, () => cast.owner.call('POST', `/runs/${runId}/receipt`)));
  const ids = new Set(answers.map(({ json }) => receiptAnswer.parse(json).id));
  expect(ids.size).toBe(1);
  const [receiptId] = ids;
  const leaves = await rig.database.knex('ledger_leaf').where({ receiptId });
  expect(leaves).toHaveLength(1);
});

test('one request five times at once under one key has one effect and one answer', async () => {
  const runId = await openRun(cast);
  const send = async (): Promise<unknown> => {
    const response = await fetch(`${rig.base}/runs/${runId}/evidence`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cast.owner.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'same-key',
      },
      body: JSON.stringify({ kind: 'note', label: 'Once', content: 'one effect' }),
    });
    expect(response.status).toBe(201);
    return response.json();
  };
  const answers = await Promise.all(Array.from({ length: 5 }, send));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect((await cast.owner.call('GET', `/runs/${runId}`)).json).toMatchObject({
    evidence: [{ label: 'Once' }],
    version: 2,
  });
});

test('a key used for another request is refused', async () => {
  const send = (title: string): Promise<Response> =>
    fetch(`${rig.base}/runs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cast.owner.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'reused',
      },
      body: JSON.stringify({ project_id: cast.projectId, title, flight_sheet: { slug: 'numeric-memo' } }),
    });
  const first = await send('One');
  expect(first.status).toBe(201);
  const replay = await send('One');
  expect(replay.headers.get('idempotency-replayed')).toBe('true');
  expect(await replay.json()).toEqual(await first.json());
  const other = await send('Other');
  expect(refusalOf({ status: other.status, json: await other.json() })).toBe('409 idempotency_mismatch');
});

test('new evidence after the audit begins a new attempt and voids the verdict', async () => {
  const runId = await auditedRun(cast);
  await attach(cast.owner, runId, 'Something new turned up.');
  const run = (await cast.owner.call('GET', `/runs/${runId}`)).json;
  expect(run).toMatchObject({ state: 'collecting', attempt: 2, verdict: null, submission: null });
  expect(refusalOf(await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '409 not_audited',
  );
});

test('a grounded run cannot be approved, can be rejected, and a corrected one is cleared', async () => {
  const runId = await openRun(cast);
  const wrong = {
    calculations: [{ name: 'growth', expression: 'after - before', inputs: { before: 100, after: 120 }, claimed: 35 }],
  };
  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission(wrong));
  await gradeAll(cast.grader, runId, await audit(cast.owner, runId));
  expect(refusalOf(await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '409 grounded',
  );
  expect(refusalOf(await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'rejected' }))).toBe(
    '422 note_required',
  );
  await cast.reviewer.call('POST', `/runs/${runId}/approve`, { decision: 'rejected', note: 'The growth is wrong.' });
  expect(await stateOf(cast.owner, runId)).toBe('rejected');
  await cast.owner.call('POST', `/runs/${runId}/submission`, goodSubmission());
  await gradeAll(cast.grader, runId, await audit(cast.owner, runId));
  expect((await cast.owner.call('GET', `/runs/${runId}`)).json).toMatchObject({
    state: 'audited',
    attempt: 2,
    verdict: { outcome: 'cleared' },
  });
});

test('another organization sees nothing: its answers are those of an unknown id', async () => {
  const runId = await auditedRun(cast);
  const stranger = await signUp(rig);
  const unknown = `run_${'0'.repeat(26)}`;
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/audit'],
    ['POST', '/checks'],
    ['POST', '/receipt'],
    ['POST', '/cancel'],
  ] as const) {
    const theirs = await stranger.call(method, `/runs/${runId}${path}`);
    const none = await stranger.call(method, `/runs/${unknown}${path}`);
    expect(refusalOf(theirs)).toBe('404 not_found');
    expect(refusalOf(none)).toBe('404 not_found');
  }
  expect(refusalOf(await stranger.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '404 not_found',
  );
});

test('a viewer reads and writes nothing; a member without the flag does not decide', async () => {
  const runId = await auditedRun(cast);
  const viewer = await join(rig, cast.owner, 'viewer', false);
  const member = await join(rig, cast.owner, 'member', false);
  expect((await viewer.call('GET', `/runs/${runId}`)).status).toBe(200);
  expect(refusalOf(await viewer.call('POST', `/runs/${runId}/submission`, goodSubmission()))).toBe('403 forbidden');
  expect(refusalOf(await viewer.call('POST', '/projects', { name: 'No' }))).toBe('403 forbidden');
  expect(refusalOf(await member.call('POST', `/runs/${runId}/approve`, { decision: 'approved' }))).toBe(
    '403 forbidden',
  );
});
