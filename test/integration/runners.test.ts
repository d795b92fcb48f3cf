import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Answer, Caller } from '../../scripts/demo/client.js';
import { createCookTasks } from '../../src/adapters/cook-tasks.js';
import { cookTaskQueue, createCookDurable } from '../../src/cooks/durable.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { completeCook } from '../../src/runners/finish.js';
import type { RunnerDeps } from '../../src/runners/lease.js';
import {
  claim,
  claimAnswer,
  cookIn,
  next,
  readCook,
  report,
  requestCook,
  tend,
  waiting,
  type Claim,
} from '../rig/cook.js';
import { administer } from '../rig/database.js';
import { assemble, internalKeyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openRun, refusalOf } from '../rig/run.js';

const LEASE_MS = 4000;
let rig: Rig;
let cast: Cast;
let runner: Caller & { readonly id: string };
let runId: string;
beforeAll(async () => {
  rig = await openRig({ times: { leaseSeconds: LEASE_MS / 1000, startSeconds: 1 } });
  cast = await assemble(rig);
  runner = await internalKeyOf(rig, ['runner:claim']);
  runId = await openRun(cast);
});
afterAll(() => rig.close());

const finish = async (claimed: Claim): Promise<void> => {
  expect((await report(runner, claimed, 'complete', {})).status).toBe(200);
  await cookIn(cast.owner, claimed.cook.id, 'completed');
};
/** The sweep leaves a report alone for its first seconds. */
const backdate = (cookId: string) =>
  rig.database.tenant(cast.owner.orgId, ({ trx }) =>
    trx('cook_attempts')
      .where({ cookId })
      .update({ endedAt: new Date(Date.now() - 10_000) }),
  );
const running = (claimed: Claim) => report(runner, claimed, 'status', { state: 'running' });

test('fifty claimers on twenty cooks: twenty winners, each cook once, one live lease each', async () => {
  const wanted = await Promise.all(Array.from({ length: 20 }, () => requestCook(cast.owner, runId)));
  const race = async (_: unknown, i: number): Promise<Claim | undefined> => {
    const answer = await next(runner, `racer-${String(i)}`, 8);
    if (answer.status === 204) return undefined;
    const won = claimAnswer.parse(answer.json);
    await finish(won);
    return won;
  };
  const claims = (await Promise.all(Array.from({ length: 50 }, race))).filter((one) => one !== undefined);
  expect(claims).toHaveLength(20);
  expect(claims.map(({ cook }) => cook.id).sort()).toEqual([...wanted].sort());
  expect(claims.every(({ attempt }) => attempt === 1)).toBe(true);
});

test('an urgent cook goes before those that waited already', async () => {
  const earlier: string[] = [];
  for (let n = 0; n < 4; n += 1) earlier.push(await requestCook(cast.owner, runId, { priority: 0 }));
  const urgent = await requestCook(cast.owner, runId, { priority: 100 });
  await waiting(rig, 5);
  const order: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const claimed = await claim(runner);
    order.push(claimed.cook.id);
    await finish(claimed);
  }
  expect([...order].sort()).toEqual([...earlier, urgent].sort());
  // A queue prefers among what it has loaded: one that came before may be in its hands already.
  expect(order.indexOf(urgent)).toBeLessThan(2);
});

test('an organization with two cooks does not wait behind another one with twelve', async () => {
  const other = await assemble(rig);
  const otherRun = await openRun(other);
  const many = [];
  for (let i = 0; i < 12; i += 1) many.push(await requestCook(cast.owner, runId));
  const few = [await requestCook(other.owner, otherRun), await requestCook(other.owner, otherRun)];
  await waiting(rig, 14);
  const order: string[] = [];
  for (const _cook of [...many, ...few]) {
    const claimed = await claim(runner);
    order.push(claimed.cook.id);
    expect((await report(runner, claimed, 'complete', {})).status).toBe(200);
  }
  expect([...order].sort()).toEqual([...many, ...few].sort());
  // In the order they were asked for, the two would be the last of fourteen.
  expect(Math.max(...few.map((cookId) => order.indexOf(cookId)))).toBeLessThan(8);
});

test('a runner that sleeps past its lease is refused everything; attempt 2 stands', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const sleeper = await claim(runner, 'sleeper');
  expect((await running(sleeper)).status).toBe(200);
  const second = await claim(runner, 'second');
  expect(second).toMatchObject({ attempt: 2, cook: { id: cookId } });
  expect(refusalOf(await running(sleeper))).toBe('409 lease_lost');
  expect(refusalOf(await report(runner, sleeper, 'complete', {}))).toBe('409 lease_lost');
  expect(refusalOf(await report(runner, { ...sleeper, fence: 2 }, 'complete', {}))).toBe('409 lease_lost');
  expect(refusalOf(await report(runner, sleeper, 'fail', { class: 'data', retryable: false, message: 'x' }))).toBe(
    '409 lease_lost',
  );
  await finish(second);
  expect(await readCook(cast.owner, cookId)).toMatchObject({
    attempt: 2,
    attempts: [{ state: 'lost' }, { state: 'accepted' }],
  });
  expect(refusalOf(await report(runner, sleeper, 'complete', {}))).toBe('410 cook_over');
});

test('only the key that claimed may report, and an unknown cook is not there', async () => {
  await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  const thief = await internalKeyOf(rig, ['runner:claim']);
  expect(refusalOf(await report(thief, claimed, 'status', { state: 'running' }))).toBe('409 lease_lost');
  const elsewhere = { ...claimed, cook: { id: 'cok_00000000000000000000000000' } };
  expect(refusalOf(await running(elsewhere))).toBe('404 not_found');
  await finish(claimed);
});

test('the clock of a runner is never asked, and a message beyond 4 KiB is refused while the lease holds', async () => {
  await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  for (const skew of [-600_000, 600_000]) {
    const sent_at = new Date(Date.now() + skew).toISOString();
    const answer = await report(runner, claimed, 'status', { state: 'running', sent_at });
    const { lease_expires_at } = z.looseObject({ lease_expires_at: z.string() }).parse(answer.json);
    expect(Math.abs(Date.parse(lease_expires_at) - Date.now() - LEASE_MS)).toBeLessThan(2000);
  }
  const message = 'é'.repeat(2100);
  expect(refusalOf(await report(runner, claimed, 'fail', { class: 'infra', retryable: true, message }))).toBe(
    '400 invalid_request',
  );
  await finish(claimed);
});

test('a cook that was claimed and never started goes back to its queue', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const lazy = await claim(runner, 'lazy');
  await pause(1100);
  expect((await tend(rig)).lost).toBe(1);
  expect(await readCook(cast.owner, cookId)).toMatchObject({ state: 'queued', lease: null });
  expect(refusalOf(await running(lazy))).toBe('409 lease_lost');
  const second = await claim(runner, 'eager');
  expect(second).toMatchObject({ attempt: 2 });
  await finish(second);
});

test('three leases lost in a row put a runner aside, and the cook fails when no attempt is left', async () => {
  const cookId = await requestCook(cast.owner, runId, { max_attempts: 3 });
  for (const attempt of [1, 2, 3]) {
    expect(await claim(runner, 'careless')).toMatchObject({ attempt });
    await pause(1100);
    expect((await tend(rig)).lost).toBe(1);
  }
  expect(refusalOf(await next(runner, 'careless'))).toBe('403 runner_refused');
  expect(await cookIn(cast.owner, cookId, 'failed')).toMatchObject({
    failure: { class: 'runner_lost' },
    attempts: [{ state: 'lost' }, { state: 'lost' }, { state: 'lost' }],
  });
});

/** A native runner takes a task from Temporal itself and then asks for its lease; in these tests it never returns. */
async function claimAsNative(cookId: string, name: string): Promise<Answer> {
  const queue = cookTaskQueue(rig.parts.queues, 'cpu');
  await createCookTasks(rig.client).poll(queue, `native:${name}`, 20_000, new AbortController().signal);
  const { runId: workflow_run_id } = await rig.client.workflow.getHandle(`cook:${cookId}`).describe();
  const body = { runner_id: name, capabilities: { gpu: ['cpu'] }, workflow_run_id };
  return runner.call('POST', `/runner/cooks/${cookId}/claim`, body);
}

test('a native runner that dies between its report and its return costs nothing: the sweep settles the cook', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = claimAnswer.parse((await claimAsNative(cookId, 'doomed')).json);
  await running(claimed);
  expect((await report(runner, claimed, 'complete', {})).status).toBe(200);
  await backdate(cookId);
  expect((await tend(rig)).told).toBe(1);
  expect(await cookIn(cast.owner, cookId, 'completed')).toMatchObject({
    attempt: 1,
    attempts: [{ state: 'accepted', transport: 'native' }],
  });
});

test('a native runner that comes for a cook with no attempt left has it settled', async () => {
  const cookId = await requestCook(cast.owner, runId, { max_attempts: 1 });
  expect((await claimAsNative(cookId, 'last')).status).toBe(200);
  // Temporal notices the death first: the task comes to another runner before any sweep.
  expect(refusalOf(await claimAsNative(cookId, 'late'))).toBe('410 cook_over');
  expect(await cookIn(cast.owner, cookId, 'failed')).toMatchObject({
    attempt: 1,
    failure: { class: 'runner_lost' },
  });
});

/** The parts of the protocol with a Temporal that is away when it should hear of an outcome. */
function deaf(): RunnerDeps {
  const { client, parts } = rig;
  const away = () => Promise.reject(new Refusal('unavailable', 'away'));
  return {
    ...parts,
    cooks: createCookDurable(client, parts.queues),
    cookTasks: { ...createCookTasks(client), complete: away, fail: away },
    taskQueueOf: (queue) => cookTaskQueue(parts.queues, queue),
  };
}
const holding = ({ cook, lease_token, fence }: Claim) => ({ keyId: runner.id, cookId: cook.id, lease_token, fence });

test('an outcome that was accepted while Temporal was away is told by the sweep', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  await running(claimed);
  const body = { lease_token: claimed.lease_token, fence: claimed.fence, artifacts: [], runtime: {} };
  expect(await completeCook(deaf(), holding(claimed), body)).toMatchObject({ accepted_as: 'completed' });
  expect((await readCook(cast.owner, cookId)).state).toBe('running');
  await backdate(cookId);
  expect((await tend(rig)).told).toBe(1);
  await cookIn(cast.owner, cookId, 'completed');
});

test('an accepted outcome wins even when its task came back: it is never handed out again', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  await running(claimed);
  const body = { lease_token: claimed.lease_token, fence: claimed.fence, artifacts: [], runtime: {} };
  await completeCook(deaf(), holding(claimed), body);
  // The heartbeat runs out; the poll gets the task and answers it instead of giving it to the runner.
  expect((await next(runner, 'other', Math.ceil(LEASE_MS / 1000) + 5)).status).toBe(204);
  expect(await cookIn(cast.owner, cookId, 'completed')).toMatchObject({ attempt: 1 });
});

test('a cook whose workflow was lost with Temporal is claimed and ends all the same', async () => {
  const cookId = await requestCook(cast.owner, runId);
  await rig.client.workflow.getHandle(`cook:${cookId}`).terminate();
  expect((await tend(rig)).started).toBe(0);
  await administer(rig.ownerUrl, `update cooks set look_at = now() where id = '${cookId}'`);
  expect((await tend(rig)).started).toBe(1);
  const claimed = await claim(runner);
  expect(claimed.cook.id).toBe(cookId);
  await finish(claimed);
});

test('a follower hears of every event as it happens, and goes on where it stopped', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const follow = async (last: string): Promise<string> => {
    const headers = { authorization: `Bearer ${cast.owner.token}`, ...(last === '' ? {} : { 'last-event-id': last }) };
    return (await fetch(`${rig.base}/cooks/${cookId}/events`, { headers })).text();
  };
  const whole = follow('');
  const claimed = await claim(runner);
  await running(claimed);
  await finish(claimed);
  const text = await whole;
  const kinds = [...text.matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual(['requested', 'claimed', 'running', 'reported', 'completed', 'end']);
  const third = [...text.matchAll(/^id: (\d+)$/gm)][2]?.[1] ?? '';
  const rest = await follow(third);
  expect([...rest.matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind)).toEqual(['reported', 'completed', 'end']);
});
