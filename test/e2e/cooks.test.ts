import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { createCaller } from '../../scripts/demo/client.js';
import { askForCook, cookOver, startHttpRunner } from '../../scripts/demo/cook.js';
import { root } from '../../scripts/stack/paths.js';
import { eventually, type Running } from '../../scripts/stack/processes.js';
import { makeRunnerKey } from '../../scripts/stack/runner-key.js';
import { readCook } from '../rig/cook.js';
import { deploy, type Deployment } from '../rig/deployment.js';
import { signUp, type PersonInTest } from '../rig/people.js';

const TIMES = { COOK_LEASE_SECONDS: '6', COOK_RETRY_SECONDS: '1' };
const LONG = 120;
let deployment: Deployment;
let key: string;
beforeEach(async () => {
  deployment = await deploy();
  key = await makeRunnerKey(deployment.env);
});
afterEach(() => deployment.close());

const enter = (): Promise<PersonInTest> =>
  signUp({
    call: (method, path, body) => createCaller(deployment.base).call(method, path, body),
    as: (token) => createCaller(deployment.base, token),
  });
const work = (name: string): string => join(deployment.folder, name);
const httpRunner = (name: string): Running => startHttpRunner(deployment, key, work('http'), name);
const nativeRunner = (name: string): Promise<Running> =>
  deployment.start('cooks', {
    RUNNER_URL: deployment.base,
    RUNNER_KEY: key,
    RUNNER_NAME: name,
    RUNNER_COMMAND: `python3 ${join(root, 'examples', 'runner', 'train.py')}`,
    RUNNER_FOLDER: work('native'),
  });
const started = z.looseObject({
  attempts: z.array(z.looseObject({ progress: z.object({ done: z.number() }).nullable() })),
});

/** Waits until the trainer of an attempt has been through some epochs. */
const underWay = (owner: PersonInTest, cookId: string, attempt: number): Promise<void> =>
  eventually('progress', 90_000, async () => {
    const { attempts } = started.parse(await readCook(owner, cookId));
    // The checkpoint of an epoch is told after its progress: with the third, those of two are known.
    if ((attempts[attempt - 1]?.progress?.done ?? 0) < 3) throw new Error('not yet');
  });

async function receiptsOf(cookId: string): Promise<number> {
  const client = new pg.Client({ connectionString: deployment.url });
  await client.connect();
  const { rows } = await client.query<{ n: number }>('select count(*)::int n from receipts where subject_id = $1', [
    cookId,
  ]);
  await client.end();
  return rows[0]?.n ?? -1;
}

test('the example really trains over both transports, and claims the lift it measured', async () => {
  await Promise.all([deployment.start('api', TIMES), deployment.start('core', TIMES)]);
  const owner = await enter();
  const http = httpRunner('over-http');
  const first = await cookOver(owner, await askForCook(owner, 6));
  expect(first).toMatchObject({
    state: 'completed',
    attempt: 1,
    lift: { claim: expect.stringMatching(/^accuracy rose/) },
  });
  await http.stop();
  await nativeRunner('native');
  const second = await cookOver(owner, await askForCook(owner, 6));
  expect(second).toMatchObject({
    state: 'completed',
    attempts: [{ transport: 'native', state: 'accepted' }],
    lift: { claim: first.lift?.claim },
  });
});

test.each(['http', 'native'] as const)(
  'a runner (%s) that is killed loses its lease, and the next attempt resumes from its checkpoint',
  async (transport) => {
    await Promise.all([deployment.start('api', TIMES), deployment.start('core', TIMES)]);
    const owner = await enter();
    const start = (name: string): Running | Promise<Running> =>
      transport === 'http' ? httpRunner(name) : nativeRunner(name);
    const cookId = await askForCook(owner, LONG);
    const victim = await start('victim');
    await underWay(owner, cookId, 1);
    await victim.kill();
    await start('heir');
    expect(await cookOver(owner, cookId)).toMatchObject({
      state: 'completed',
      attempt: 2,
      attempts: [{ state: 'lost' }, { state: 'accepted', transport }],
    });
    const headers = { authorization: `Bearer ${owner.token}` };
    const log = await (await fetch(`${deployment.base}/cooks/${cookId}/logs`, { headers })).text();
    expect(log).toContain('resumed after epoch');
  },
);

test('an API killed under a running cook costs it nothing; a worker killed after the outcome settles it once', async () => {
  const marker = join(deployment.folder, 'killed');
  const api = await deployment.start('api', { ...TIMES, COOK_LEASE_SECONDS: '30' });
  const core = await deployment.start('core', { ...TIMES, FAULT_POINT: `kill:settleCook:${marker}` });
  const owner = await enter();
  httpRunner('steady');
  const cookId = await askForCook(owner, LONG);
  await underWay(owner, cookId, 1);
  await api.kill();
  await deployment.start('api', { ...TIMES, COOK_LEASE_SECONDS: '30' });
  await eventually('the worker to die', 60_000, () =>
    existsSync(marker) ? Promise.resolve() : Promise.reject(new Error('alive')),
  );
  await core.kill();
  await deployment.start('core', TIMES);
  expect(await cookOver(owner, cookId)).toMatchObject({ state: 'completed', attempt: 1 });
  expect(await receiptsOf(cookId)).toBe(1);
});

test('a cancellation reaches a native runner through Temporal and an HTTP runner at its next report', async () => {
  await Promise.all([deployment.start('api', TIMES), deployment.start('core', TIMES)]);
  const owner = await enter();
  for (const start of [() => Promise.resolve(httpRunner('c-http')), () => nativeRunner('c-native')]) {
    const runner = await start();
    const cookId = await askForCook(owner, 10_000);
    await underWay(owner, cookId, 1);
    expect((await owner.call('POST', `/cooks/${cookId}/cancel`)).status).toBe(200);
    expect(await cookOver(owner, cookId)).toMatchObject({ state: 'cancelled', attempt: 1, receipt_id: null });
    await runner.stop();
  }
});
