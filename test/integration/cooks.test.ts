import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { cookIn, claim, digest, measured, next, piece, readCook, recipe, report, requestCook } from '../rig/cook.js';
import { assemble, internalKeyOf, join, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let runner: Caller;
let runId: string;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  runner = await internalKeyOf(rig, ['runner:claim']);
  runId = await openRun(cast);
});
afterAll(() => rig.close());

test('a cook goes from request to receipt over HTTP: claimed, reported, uploaded, verified, sealed', async () => {
  const cookId = await requestCook(cast.owner, runId, {
    eval: { suite: 'held-out', metric: 'accuracy', n: 100 },
    outputs: [{ kind: 'model' }],
  });
  const claimed = await claim(runner);
  expect(claimed).toMatchObject({ cook: { id: cookId }, attempt: 1, fence: 1, checkpoint: null });
  const started = await report(runner, claimed, 'status', {
    state: 'running',
    progress: { done: 1, total: 2, unit: 'epochs' },
    metrics: { loss: 0.5 },
    log: piece('hello\n', 0),
  });
  expect(started).toMatchObject({ status: 200, json: { directive: 'continue', state: 'running', log_offset: 6 } });
  const bytes = Buffer.from('weights');
  const file = { kind: 'model', name: 'model.json', size: bytes.length, sha256: digest(bytes) };
  const grant = expectAnswer(
    await report(runner, claimed, 'artifacts', file),
    [201],
    z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()) }),
  );
  const done = { metrics: measured(100, 40), artifacts: [file], runtime: { python: '3' } };
  expect(refusalOf(await report(runner, claimed, 'complete', done))).toBe('422 artifact_unverified');
  const put = await fetch(grant.url, { method: 'PUT', headers: grant.headers, body: bytes });
  expect(put.status).toBe(200);
  expect(await report(runner, claimed, 'complete', done)).toMatchObject({
    status: 200,
    json: { accepted_as: 'completed', attempt: 1 },
  });
  const cook = await cookIn(cast.owner, cookId, 'completed');
  expect(cook).toMatchObject({ lift: { claim: 'accuracy rose by 0.4000', n: 100 }, lease: null });
  const receipt = await cast.owner.call('GET', `/receipts/${cook.receipt_id ?? ''}`);
  expect(receipt.status).toBe(200);
  const { artifacts } = z.looseObject({ artifacts: z.array(z.object({ id: z.string() })) }).parse(cook);
  const link = expectAnswer(
    await cast.owner.call('GET', `/cooks/${cookId}/artifacts/${artifacts[0]?.id ?? ''}`),
    [200],
    z.looseObject({ url: z.string() }),
  );
  expect(await (await fetch(link.url)).text()).toBe('weights');
  const shown = expectAnswer(
    await cast.owner.call('GET', `/runs/${runId}`),
    [200],
    z.looseObject({ cooks: z.array(z.string()) }),
  );
  expect(shown.cooks).toContain(cookId);
  expect(await cast.owner.call('GET', '/org/usage')).toMatchObject({ json: { months: [{ cooks: 1 }] } });
});

test('an upload is bound to its bytes: others are refused by the storage', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  const file = { kind: 'model', name: 'm.bin', size: 4, sha256: digest('good') };
  const answer = await report(runner, claimed, 'artifacts', file);
  const grant = z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()) }).parse(answer.json);
  const put = await fetch(grant.url, { method: 'PUT', headers: grant.headers, body: Buffer.from('evil') });
  expect(put.status).toBeGreaterThanOrEqual(400);
  expect(refusalOf(await report(runner, claimed, 'complete', { artifacts: [file] }))).toBe('422 artifact_unverified');
  await report(runner, claimed, 'fail', { class: 'data', retryable: true, message: 'x' });
  expect(await cookIn(cast.owner, cookId, 'failed')).toMatchObject({ failure: { class: 'data' } });
});

test('a log goes on where it stopped: a gap is refused with the offset, a duplicate is taken, a liar is refused', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  const send = (log: unknown) => report(runner, claimed, 'status', { state: 'running', log });
  expect(await send(piece('one\n', 0))).toMatchObject({ status: 200, json: { log_offset: 4 } });
  expect(await send(piece('three\n', 8, 2))).toMatchObject({
    status: 416,
    json: { code: 'log_gap', expected_offset: 4, directive: 'continue' },
  });
  expect(await send(piece('one\n', 0))).toMatchObject({ status: 200, json: { log_offset: 4 } });
  expect(refusalOf(await send({ ...piece('two\n', 4, 1), sha256: digest('other') }))).toBe('422 hash_mismatch');
  expect(refusalOf(await send({ ...piece('two\n', 4, 1), gzip: 'AAAA' }))).toBe('400 invalid_request');
  expect(await send(piece('two\n', 4, 1))).toMatchObject({ status: 200, json: { log_offset: 8 } });
  await report(runner, claimed, 'complete', {});
  await cookIn(cast.owner, cookId, 'completed');
  const stream = await fetch(`${rig.base}/cooks/${cookId}/logs`, {
    headers: { authorization: `Bearer ${cast.owner.token}` },
  });
  const text = await stream.text();
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, one]) => one);
  expect(text).toContain('"text":"one\\n"');
  expect(text).toContain('event: end');
  const rest = await fetch(`${rig.base}/cooks/${cookId}/logs`, {
    headers: { authorization: `Bearer ${cast.owner.token}`, 'last-event-id': ids[0] ?? '' },
  });
  const resumed = await rest.text();
  expect(resumed).not.toContain('"text":"one\\n"');
  expect(resumed).toContain('"text":"two\\n"');
});

test('a report is accepted once: the same again is the same answer, another one is refused', async () => {
  const cookId = await requestCook(cast.owner, runId);
  const claimed = await claim(runner);
  const first = await report(runner, claimed, 'complete', { runtime: { host: 'a' } });
  expect(first.status).toBe(200);
  const again = await report(runner, claimed, 'complete', { runtime: { host: 'a' } });
  expect([again.status, again.json]).toEqual([200, first.json]);
  expect(refusalOf(await report(runner, claimed, 'complete', { runtime: { host: 'b' } }))).toBe('409 outcome_differs');
  const failed = { class: 'oom', retryable: true, message: 'no' };
  expect(refusalOf(await report(runner, claimed, 'fail', failed))).toBe('409 outcome_differs');
  await cookIn(cast.owner, cookId, 'completed');
  expect(await report(runner, claimed, 'status', { state: 'running' })).toMatchObject({
    status: 410,
    json: { code: 'cook_over', current_state: 'completed' },
  });
  expect((await report(runner, claimed, 'complete', { runtime: { host: 'a' } })).status).toBe(200);
});

test('a failure that may pass brings the cook back with its checkpoint, until no attempt is left', async () => {
  const cookId = await requestCook(cast.owner, runId, { max_attempts: 2 });
  const first = await claim(runner);
  await report(runner, first, 'status', { state: 'running', checkpoint: { step: 7 } });
  const failure = { class: 'oom', retryable: true, message: 'out of memory', retry_after_s: 1 };
  expect(await report(runner, first, 'fail', failure)).toMatchObject({ json: { accepted_as: 'requeued' } });
  expect(await report(runner, first, 'fail', failure)).toMatchObject({ json: { accepted_as: 'requeued' } });
  expect(refusalOf(await report(runner, first, 'status', { state: 'running' }))).toBe('409 lease_lost');
  const second = await claim(runner);
  expect(second).toMatchObject({ attempt: 2, fence: 2, checkpoint: { step: 7 }, cook: { id: cookId } });
  expect(refusalOf(await report(runner, { ...second, lease_token: first.lease_token }, 'complete', {}))).toBe(
    '409 lease_lost',
  );
  expect(await report(runner, second, 'fail', failure)).toMatchObject({ json: { accepted_as: 'failed' } });
  expect(await cookIn(cast.owner, cookId, 'failed')).toMatchObject({ failure: { class: 'oom' }, receipt_id: null });
});

test('a queued cook is cancelled at once and is never claimed', async () => {
  const cookId = await requestCook(cast.owner, runId);
  expect(await cast.owner.call('POST', `/cooks/${cookId}/cancel`)).toMatchObject({
    status: 200,
    json: { state: 'cancelled' },
  });
  expect((await next(runner, 'r1', 3)).status).toBe(204);
  expect(refusalOf(await cast.owner.call('POST', `/cooks/${cookId}/cancel`))).toBe('409 invalid_transition');
});

test('a running cook hears of its cancellation at its next report, and what it completes then is cancelled', async () => {
  for (const end of ['fail', 'complete'] as const) {
    const cookId = await requestCook(cast.owner, runId);
    const claimed = await claim(runner);
    await report(runner, claimed, 'status', { state: 'running' });
    expect(await cast.owner.call('POST', `/cooks/${cookId}/cancel`)).toMatchObject({
      status: 200,
      json: { state: 'running', cancel_requested: true },
    });
    expect(await report(runner, claimed, 'status', { state: 'running' })).toMatchObject({
      json: { directive: 'cancel' },
    });
    const body = end === 'fail' ? { class: 'cancelled', retryable: false, message: 'stopped' } : {};
    expect(await report(runner, claimed, end, body)).toMatchObject({ json: { accepted_as: 'cancelled' } });
    expect(await cookIn(cast.owner, cookId, 'cancelled')).toMatchObject({ receipt_id: null });
  }
});

test('a recipe that cannot be cooked is refused by its gravest fault, and a dry run names them all', async () => {
  const ask = (changes: object, query = '') =>
    cast.owner.call('POST', `/runs/${runId}/cook${query}`, recipe(Object.fromEntries(Object.entries(changes))));
  const dataset = { slug: 'd', version: '1', sha256: digest('d') };
  expect(refusalOf(await ask({ datasets: [dataset] }))).toBe('403 no_grant');
  expect(refusalOf(await ask({ hyper: { learning_rate: 0 } }))).toBe('422 invalid_recipe');
  expect(refusalOf(await ask({ hyper: { learning_rat: 1 } }))).toBe('400 invalid_request');
  expect(refusalOf(await ask({ resources: { max_cost_cents: 1, est_cost_cents: 2 } }))).toBe('422 over_budget');
  expect(refusalOf(await ask({ resources: { est_peak_vram_gb: 80 } }))).toBe('422 exceeds_runners');
  expect(refusalOf(await ask({ config_sha256: digest('x') }))).toBe('422 hash_mismatch');
  const dry = await ask(
    { datasets: [dataset], hyper: { learning_rate: -1, epochs: 1, max_steps: 1 } },
    '?dry_run=true',
  );
  expect(dry).toMatchObject({
    status: 200,
    json: {
      acceptable: false,
      queue: 'cpu',
      refusals: [{ code: 'no_grant' }, { path: '/hyper/learning_rate' }, { path: '/hyper/max_steps' }],
    },
  });
  expect(await ask({}, '?dry_run=true')).toMatchObject({ json: { acceptable: true, refusals: [] } });
  const cancelled = await openRun(cast);
  await cast.owner.call('POST', `/runs/${cancelled}/cancel`);
  expect(refusalOf(await cast.owner.call('POST', `/runs/${cancelled}/cook`, recipe()))).toBe('409 invalid_transition');
});

test('one key is one cook, and another organization sees none of it', async () => {
  const post = (body: unknown) =>
    fetch(`${rig.base}/runs/${runId}/cook`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cast.owner.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'cook-1',
      },
      body: JSON.stringify(body),
    });
  const answers = await Promise.all([post(recipe()), post(recipe()), post(recipe())]);
  const ids = await Promise.all(answers.map(async (one) => z.object({ id: z.string() }).parse(await one.json()).id));
  expect(new Set(ids).size).toBe(1);
  expect((await post(recipe({ priority: 3 }))).status).toBe(409);
  const stranger = await signUp(rig);
  const cookId = ids[0] ?? '';
  for (const path of ['', '/events', '/logs'])
    expect(refusalOf(await stranger.call('GET', `/cooks/${cookId}${path}`))).toBe('404 not_found');
  expect(refusalOf(await stranger.call('POST', `/cooks/${cookId}/cancel`))).toBe('404 not_found');
  const viewer = await join(rig, cast.owner, 'viewer', false);
  expect(refusalOf(await viewer.call('POST', `/cooks/${cookId}/cancel`))).toBe('403 forbidden');
  expect((await readCook(viewer, cookId)).state).toBe('queued');
  await cast.owner.call('POST', `/cooks/${cookId}/cancel`);
});

test('an operator drains, revokes and restores a runner', async () => {
  const operator = await internalKeyOf(rig, ['cooks:maintain']);
  await next(runner, 'steered', 2);
  const runners = z.object({ data: z.array(z.looseObject({ id: z.string(), name: z.string(), state: z.string() })) });
  const list = expectAnswer(await operator.call('GET', '/internal/runners'), [200], runners);
  const steered = list.data.find(({ name }) => name === 'steered');
  expect(steered?.state).toBe('connected');
  const path = `/internal/runners/${steered?.id ?? ''}`;
  expect(await operator.call('POST', `${path}/drain`)).toMatchObject({ status: 200, json: { state: 'draining' } });
  const drained = await next(runner, 'steered', 20);
  expect([drained.status, drained.headers.get('runner-directive')]).toEqual([204, 'drain']);
  expect(await operator.call('POST', `${path}/restore`)).toMatchObject({ json: { state: 'connected' } });
  await operator.call('POST', `${path}/revoke`);
  expect(refusalOf(await next(runner, 'steered'))).toBe('403 runner_refused');
  expect((await operator.call('GET', '/internal/cooks/queues')).status).toBe(200);
});
