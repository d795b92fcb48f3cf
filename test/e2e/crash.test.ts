import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { createCaller } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { deploy, type Deployment } from '../rig/deployment.js';
import { assemble, type Cast } from '../rig/people.js';
import { approvedRun, auditedRun, receiptAnswer } from '../rig/run.js';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});
afterEach(() => deployment.close());

const reach = (): {
  call: ReturnType<typeof createCaller>['call'];
  as: (token: string) => ReturnType<typeof createCaller>;
} => ({
  call: (method, path, body) => createCaller(deployment.base).call(method, path, body),
  as: (token) => createCaller(deployment.base, token),
});

/** Posts under a fixed key until the answer is one of success: what a patient client does. */
function patiently(
  cast: Cast,
  path: string,
  body: unknown,
  caller = cast.owner,
): Promise<{ status: number; json: unknown }> {
  return eventually(path, 60_000, async () => {
    const response = await fetch(deployment.base + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${caller.token}`,
        'content-type': 'application/json',
        'idempotency-key': `key ${path}`.replaceAll(' ', '-'),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (response.status !== 200 && response.status !== 201) throw new Error(`answered ${String(response.status)}`);
    const json: unknown = await response.json();
    return { status: response.status, json };
  });
}

async function counts(runId: string): Promise<Readonly<Record<string, number>>> {
  const client = new pg.Client({ connectionString: deployment.url });
  await client.connect();
  const { rows } = await client.query<Record<string, number>>(
    `select (select count(*)::int from approvals where run_id = $1 and voided_at is null) as approvals,
            (select count(*)::int from receipts where subject_id = $1) as receipts,
            (select count(*)::int from ledger_leaf l join receipts r on r.id = l.receipt_id where r.subject_id = $1) as leaves,
            (select count(*)::int from ledger_pending) as pending`,
    [runId],
  );
  await client.end();
  return rows[0] ?? {};
}

test('a worker killed after the mint committed and before its task completed: one receipt, one leaf, the same answer', async () => {
  await deployment.start('api');
  const marker = join(deployment.folder, 'killed');
  const core = await deployment.start('core', { FAULT_POINT: `kill:mint:${marker}` });
  const cast = await assemble(reach());
  const runId = await approvedRun(cast);
  const asking = patiently(cast, `/runs/${runId}/receipt`, undefined);
  await eventually('the worker to die', 20_000, () =>
    existsSync(marker) ? Promise.resolve() : Promise.reject(new Error('alive')),
  );
  await core.kill();
  await deployment.start('core');
  const answer = await asking;
  const again = await patiently(cast, `/runs/${runId}/receipt`, undefined);
  expect(receiptAnswer.parse(again.json).id).toBe(receiptAnswer.parse(answer.json).id);
  await eventually('the leaf', 20_000, async () => {
    expect(await counts(runId)).toEqual({ approvals: 1, receipts: 1, leaves: 1, pending: 0 });
  });
});

test('a worker killed after an approval committed: one approval, and the client gets its answer', async () => {
  await deployment.start('api');
  const marker = join(deployment.folder, 'killed');
  await deployment.start('core', { FAULT_POINT: `kill:decide:${marker}` });
  const cast = await assemble(reach());
  const runId = await auditedRun(cast);
  const asking = patiently(cast, `/runs/${runId}/approve`, { decision: 'approved' }, cast.reviewer);
  await eventually('the worker to die', 20_000, () =>
    existsSync(marker) ? Promise.resolve() : Promise.reject(new Error('alive')),
  );
  await deployment.start('core');
  expect((await asking).json).toMatchObject({ run_state: 'approved' });
  expect(await counts(runId)).toMatchObject({ approvals: 1, receipts: 0 });
});

test('an API killed after a command was accepted: the retry under the same key gets the one effect', async () => {
  const api = await deployment.start('api');
  const marker = join(deployment.folder, 'held');
  await deployment.start('core', { FAULT_POINT: `hold:mint:${marker}` });
  const cast = await assemble(reach());
  const runId = await approvedRun(cast);
  const lost = cast.owner.call('POST', `/runs/${runId}/receipt`).catch(() => 'lost');
  await eventually('the mint to commit', 20_000, () =>
    existsSync(marker) ? Promise.resolve() : Promise.reject(new Error('not yet')),
  );
  await api.kill();
  expect(await lost).toBe('lost');
  await deployment.start('api');
  const answer = await patiently(cast, `/runs/${runId}/receipt`, undefined);
  expect(receiptAnswer.parse(answer.json).bundle).not.toBeNull();
  await pause(100);
  expect(await counts(runId)).toEqual({ approvals: 1, receipts: 1, leaves: 1, pending: 0 });
});

test('a worker killed after an incident was opened: one incident, one answer, and its next command is taken', async () => {
  await deployment.start('api');
  const marker = join(deployment.folder, 'killed');
  await deployment.start('core', { FAULT_POINT: `kill:openIncident:${marker}` });
  const cast = await assemble(reach());
  const body = { title: 'An agent is dark', kind: 'dark_agent', severity: 'sev3', dedup_key: 'dark' };
  const asking = patiently(cast, '/incidents', body);
  await eventually('the worker to die', 20_000, () =>
    existsSync(marker) ? Promise.resolve() : Promise.reject(new Error('alive')),
  );
  await deployment.start('core');
  const { json } = await asking;
  expect(json).toMatchObject({ state: 'open', occurrences: 1 });
  const { id } = z.object({ id: z.string() }).parse(json);
  const change = { state: 'acknowledged' };
  const changed = await cast.owner.call('PATCH', `/incidents/${id}`, change, { 'if-match': '*' });
  expect(changed.json).toMatchObject({ id, state: 'acknowledged', occurrences: 1 });
});
