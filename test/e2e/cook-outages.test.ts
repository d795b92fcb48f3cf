import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { z } from 'zod';
import { createCaller, expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { makeRunnerKey } from '../../scripts/stack/runner-key.js';
import { startParts, startRole, type Parts } from '../../scripts/stack/stack.js';
import { claimAnswer, cookAnswer, digest, next, recipe, report } from '../rig/cook.js';
import { signUp, type PersonInTest } from '../rig/people.js';

const victims = ['api', 'core', 'postgres', 'temporal'] as const;
type Victim = (typeof victims)[number];
/** Longer than every outage of this file, so that nothing but the outages is in question. */
const TIMES = { COOK_LEASE_SECONDS: '120', COOK_RETRY_SECONDS: '1' };
const grantSchema = z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()) });
let folder: string;
let parts: Parts;
beforeAll(async () => {
  // Servers of its own, not those that all tests share: these are killed.
  for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'S3_ENDPOINT']) Reflect.deleteProperty(process.env, name);
  folder = mkdtempSync(join(tmpdir(), 'dc-outages-'));
  parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  await Promise.all([startRole(parts, 'api', TIMES), startRole(parts, 'core', TIMES)]);
}, 120_000);
afterAll(async () => {
  await parts.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Kills a process as a power cut does. */
async function kill(victim: Victim): Promise<() => Promise<void>> {
  const one = parts.nursery.running().find(({ name }) => name === victim);
  if (!one) throw new Error(`${victim} is not running`);
  await one.kill();
  return () => eventually(`${victim} after its death`, 60_000, () => start(victim, () => one.again()));
}

async function start(victim: Victim, again: () => Promise<unknown>): Promise<void> {
  // What a killed Postgres left behind may keep the next one from starting for a moment.
  if (!parts.nursery.running().some(({ name }) => name === victim)) await again();
  await pause(100);
  if (victim === 'postgres') {
    const client = new pg.Client({ connectionString: parts.env['DATABASE_URL'] });
    await client.connect();
    await client.end();
  }
  if (victim === 'temporal') {
    const connection = await Connection.connect({ address: parts.env['TEMPORAL_ADDRESS'] ?? '', connectTimeout: '2s' });
    await connection.close();
  }
}
const killAndRevive = async (victim: Victim): Promise<void> => (await kill(victim))();

/** Repeats a call until there is an answer, as every runner and client does. */
const patiently = (what: string, call: () => Promise<Answer>): Promise<Answer> =>
  eventually(what, 60_000, async () => {
    const answer = await call();
    if (answer.status >= 500 || answer.status === 429) throw new Error(`answered ${String(answer.status)}`);
    return answer;
  });
const enter = (): Promise<PersonInTest> =>
  signUp({
    call: (method, path, body) => createCaller(parts.publicUrl).call(method, path, body),
    as: (token) => createCaller(parts.publicUrl, token),
  });

async function counted(cookId: string): Promise<Readonly<Record<string, number>>> {
  const client = new pg.Client({ connectionString: parts.env['DATABASE_URL'] });
  await client.connect();
  const { rows } = await client.query<Record<string, number>>(
    `select (select count(*)::int from receipts where subject_id = $1) as receipts,
            (select count(*)::int from cook_attempts where cook_id = $1) as attempts,
            (select count(*)::int from cook_events where cook_id = $1 and kind = 'completed') as ends`,
    [cookId],
  );
  await client.end();
  return rows[0] ?? {};
}

test('whatever is killed at whatever step, a cook has one attempt, one outcome and one receipt', async () => {
  const owner = await enter();
  const runner = createCaller(parts.publicUrl, await makeRunnerKey(parts.env));
  const project = await owner.call('POST', '/projects', { name: 'Cooks' });
  const { id: projectId } = expectAnswer(project, [201], z.object({ id: z.string() }));
  const run = { project_id: projectId, title: 'Outages', flight_sheet: { slug: 'numeric-memo' } };
  const { id: runId } = expectAnswer(await owner.call('POST', '/runs', run), [201], z.looseObject({ id: z.string() }));
  for (const victim of victims) {
    const strike = (): Promise<void> => killAndRevive(victim);
    const body = recipe({ outputs: [{ kind: 'model' }] });
    const key = { 'idempotency-key': `cook-${victim}` };
    const asked = await patiently('request', () => owner.call('POST', `/runs/${runId}/cook`, body, key));
    const { id: cookId } = expectAnswer(asked, [200, 201], z.looseObject({ id: z.string() }));
    await strike();
    const claimed = await eventually('a claim', 60_000, async () =>
      expectAnswer(await next(runner, `r-${victim}`, 10), [200], claimAnswer),
    );
    expect(claimed.cook.id).toBe(cookId);
    await strike();
    const tell = (verb: Parameters<typeof report>[2], told: Readonly<Record<string, unknown>>): Promise<Answer> =>
      patiently(verb, () => report(runner, claimed, verb, told));
    expect((await tell('status', { state: 'running', checkpoint: { step: 1 } })).status).toBe(200);
    await strike();
    const bytes = `weights of ${victim}`;
    const file = { kind: 'model', name: 'model.json', size: bytes.length, sha256: digest(bytes) };
    const { url, headers } = expectAnswer(await tell('artifacts', file), [201], grantSchema);
    expect((await fetch(url, { method: 'PUT', headers, body: bytes })).status).toBe(200);
    // The outcome is reported while Temporal or the worker is away; Postgres and the API are needed to take it.
    const revive = await kill(victim);
    if (victim === 'api' || victim === 'postgres') await revive();
    const outcome = { artifacts: [file], runtime: { host: 'h' } };
    const accepted = await tell('complete', outcome);
    expect(accepted).toMatchObject({ status: 200, json: { accepted_as: 'completed' } });
    if (victim !== 'api' && victim !== 'postgres') await revive();
    await strike();
    expect((await tell('complete', outcome)).json).toMatchObject({ accepted_as: 'completed', attempt: 1 });
    await eventually(`the end of ${cookId}`, 60_000, async () => {
      const cook = expectAnswer(await owner.call('GET', `/cooks/${cookId}`), [200], cookAnswer);
      expect(cook).toMatchObject({ state: 'completed', attempt: 1 });
    });
    expect(await counted(cookId)).toEqual({ receipts: 1, attempts: 1, ends: 1 });
  }
}, 400_000);
