import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { claim, claimAnswer, cookIn, next, readCook, report, requestCook, tend } from '../rig/cook.js';
import { administer } from '../rig/database.js';
import { assemble, internalKeyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let runner: Caller;
let runId: string;
beforeAll(async () => {
  rig = await openRig({
    times: { leaseSeconds: 4, startSeconds: 1, patience: { seconds: 3600, byCapability: { 'a100+h100': 60 } } },
  });
  cast = await assemble(rig);
  runner = await internalKeyOf(rig, ['runner:claim']);
  runId = await openRun(cast);
});
afterAll(() => rig.close());

/** Makes time pass for a row, with the owner's rights. */
const age = (cookId: string, column: 'queued_at' | 'deadline_at', seconds: number): Promise<void> =>
  administer(
    rig.ownerUrl,
    `update cooks set ${column} = now() - interval '${String(seconds)} seconds' where id = '${cookId}'`,
  );
const incidentsSchema = z.looseObject({
  data: z.array(
    z.looseObject({ id: z.string(), title: z.string(), kind: z.string(), state: z.string(), occurrences: z.number() }),
  ),
});
const incidents = async (title: string) =>
  expectAnswer(await cast.owner.call('GET', '/incidents?limit=100'), [200], incidentsSchema).data.filter((one) =>
    one.title.startsWith(title),
  );
const several = { resources: { gpu_kinds: ['h100', 'a100'], gpu_count: 1 } };

test('a kind of runner that is missing for longer than its own patience opens one incident, until a runner comes', async () => {
  const [starved, patient] = [await requestCook(cast.owner, runId, several), await requestCook(cast.owner, runId)];
  for (const cookId of [starved, patient]) await age(cookId, 'queued_at', 120);
  await tend(rig);
  await tend(rig);
  const [incident] = await incidents('No runner takes cooks of a100+h100');
  expect(incident).toMatchObject({ kind: 'runner_lost', state: 'open', occurrences: 1 });
  expect(await incidents('No runner takes cooks of cpu')).toEqual([]);
  expect(await cast.owner.call('GET', `/incidents/${incident?.id ?? ''}`)).toMatchObject({
    json: { links: { cooks: [starved], runs: [runId] } },
  });
  const answer = await next(runner, 'h', 20, { capabilities: { gpu: ['h100'] } });
  const claimed = claimAnswer.parse(answer.json);
  expect(claimed.cook.id).toBe(starved);
  expect(await incidents('No runner takes cooks of a100+h100')).toMatchObject([{ state: 'mitigated' }]);
  await report(runner, claimed, 'complete', {});
  await report(runner, await claim(runner), 'complete', {});
  await cookIn(cast.owner, patient, 'completed');
});

test('a cook older than a day in its queue expires, with an incident for its kind of runner', async () => {
  const cooks = [await requestCook(cast.owner, runId), await requestCook(cast.owner, runId)];
  for (const cookId of cooks) await age(cookId, 'queued_at', 25 * 3600);
  await tend(rig);
  for (const cookId of cooks)
    expect(await cookIn(cast.owner, cookId, 'expired')).toMatchObject({
      attempt: 0,
      failure: { class: 'infra', message: 'No runner took this cook in time.' },
    });
  const [incident, ...others] = await incidents('No runner takes cooks of cpu');
  expect(others).toEqual([]);
  // The sweep noticed the queue, then each of the two expired; whichever was first opened it.
  expect(incident?.occurrences).toBeGreaterThanOrEqual(2);
  expect((await next(runner, 'r1', 3)).status).toBe(204);
});

test('a cook that is not over by its deadline is stopped at its next report, or expires when nobody took it', async () => {
  const running = await requestCook(cast.owner, runId, { timeout_s: 3600 });
  const claimed = await claim(runner);
  expect(await report(runner, claimed, 'status', { state: 'running' })).toMatchObject({
    json: { directive: 'continue' },
  });
  await age(running, 'deadline_at', 1);
  expect(await report(runner, claimed, 'status', { state: 'running' })).toMatchObject({
    json: { directive: 'cancel' },
  });
  await report(runner, claimed, 'fail', { class: 'cancelled', retryable: true, message: 'stopped' });
  expect(await cookIn(cast.owner, running, 'failed')).toMatchObject({ attempt: 1, failure: { class: 'timeout' } });
  const waiting = await requestCook(cast.owner, runId, { timeout_s: 3600 });
  await age(waiting, 'deadline_at', 1);
  await tend(rig);
  await cookIn(cast.owner, waiting, 'expired');
});

test('a runner that is put aside, and a cook that lost every runner it had, are incidents', async () => {
  const cookId = await requestCook(cast.owner, runId, { max_attempts: 3, notify: true });
  for (let lost = 0; lost < 3; lost += 1) {
    await claim(runner, 'careless');
    await pause(1100);
    await tend(rig);
  }
  expect(refusalOf(await next(runner, 'careless'))).toBe('403 runner_refused');
  expect(await cookIn(cast.owner, cookId, 'failed')).toMatchObject({ failure: { class: 'runner_lost' } });
  expect(await incidents('A runner was put aside')).toMatchObject([{ kind: 'runner_lost', occurrences: 1 }]);
  expect(await incidents('A cook of cpu lost every runner')).toMatchObject([{ state: 'open' }]);
  const mails = await rig.database.tenant(cast.owner.orgId, ({ trx }) =>
    trx('outbox')
      .where({ dedupeKey: `cook_over:${cookId}` })
      .select('template', 'params'),
  );
  expect(mails).toMatchObject([{ template: 'cook_over', params: { state: 'failed' } }]);
});

test('a checkpoint that was asked for is the directive until one came, and draining asks for one too', async () => {
  const operator = await internalKeyOf(rig, ['cooks:maintain']);
  const cookId = await requestCook(cast.owner, runId);
  expect(refusalOf(await cast.owner.call('POST', `/cooks/${cookId}/checkpoint`))).toBe('409 invalid_transition');
  const claimed = await claim(runner, 'saver');
  const beat = (told = {}) => report(runner, claimed, 'status', { state: 'running', ...told });
  expect(await beat()).toMatchObject({ json: { directive: 'continue' } });
  for (const _twice of [1, 2])
    expect(await cast.owner.call('POST', `/cooks/${cookId}/checkpoint`)).toMatchObject({
      status: 202,
      json: { checkpoint_requested: true },
    });
  expect(await beat()).toMatchObject({ json: { directive: 'checkpoint' } });
  expect(await beat({ checkpoint: { step: 1 } })).toMatchObject({ json: { directive: 'continue' } });
  const list = expectAnswer(
    await operator.call('GET', '/internal/runners'),
    [200],
    z.object({ data: z.array(z.looseObject({ id: z.string(), name: z.string() })) }),
  );
  const id = list.data.find(({ name }) => name === 'saver')?.id ?? '';
  await operator.call('POST', `/internal/runners/${id}/drain`);
  expect(await beat()).toMatchObject({ json: { directive: 'checkpoint' } });
  expect(await beat({ checkpoint: { step: 2 } })).toMatchObject({ json: { directive: 'drain' } });
  expect(await report(runner, claimed, 'complete', {})).toMatchObject({ status: 200, json: { directive: 'drain' } });
  await cookIn(cast.owner, cookId, 'completed');
});

test('every refusal of a runner carries the directive: what was lost stops, what was cancelled hears it', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner, 'r2');
  const call = (verb: Parameters<typeof report>[2], body: Readonly<Record<string, unknown>>) =>
    report(runner, claimed, verb, body);
  const missing = { artifacts: [{ kind: 'm', name: 'm', size: 1, sha256: 'a'.repeat(64) }] };
  const bad = { state: 'running', log: { seq: 0, offset: 0, gzip: 'AAAA', sha256: 'a'.repeat(64) } };
  expect(await call('complete', missing)).toMatchObject({
    json: { code: 'artifact_unverified', directive: 'continue' },
  });
  await cast.owner.call('POST', `/cooks/${cookId}/cancel`);
  expect(await call('complete', missing)).toMatchObject({ json: { code: 'artifact_unverified', directive: 'cancel' } });
  expect(await call('status', bad)).toMatchObject({ json: { code: 'invalid_request', directive: 'cancel' } });
  expect(await call('status', { state: 'no' })).toMatchObject({ status: 400, json: { directive: 'cancel' } });
  const forged = { ...claimed, lease_token: 'x'.repeat(43) };
  expect(await report(runner, forged, 'status', { state: 'running' })).toMatchObject({
    json: { code: 'lease_lost', directive: 'cancel' },
  });
  await call('fail', { class: 'cancelled', retryable: false, message: 'stopped' });
  await cookIn(cast.owner, cookId, 'cancelled');
  expect(await call('status', { state: 'running' })).toMatchObject({
    status: 410,
    json: { code: 'cook_over', directive: 'cancel' },
  });
  expect((await readCook(cast.owner, cookId)).state).toBe('cancelled');
});

test('a cook that cost more than its recipe allows is an incident, and its outcome stands', async () => {
  const limited = { resources: { max_cost_cents: 100 } };
  for (const cost_cents of [100, 101]) {
    const cookId = await requestCook(cast.owner, runId, limited);
    const claimed = await claim(runner, 'dear');
    expect(claimed.cook.id).toBe(cookId);
    expect((await report(runner, claimed, 'complete', { runtime: { cost_cents } })).status).toBe(200);
    await cookIn(cast.owner, cookId, 'completed');
  }
  expect(await incidents('A cook cost')).toMatchObject([
    { kind: 'spend_breach', title: 'A cook cost 101 cents and was allowed 100' },
  ]);
});
