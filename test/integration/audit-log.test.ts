import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { assemble, keyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, attach, openRun } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const events = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      action: z.string(),
      target: z.string(),
      request_id: z.string(),
      network: z.string().nullable(),
      actor: z.object({ kind: z.string(), id: z.string(), key_id: z.string().nullable() }),
    }),
  ),
  next_cursor: z.string().nullable(),
});
type Events = z.output<typeof events>;
const log = async (query = ''): Promise<Events> =>
  expectAnswer(await cast.owner.call('GET', `/org/audit-log${query}`), [200], events);

test('every write is on record with who, what, on what, from where, under which request', async () => {
  const runId = await approvedRun(cast);
  await cast.owner.call('POST', `/runs/${runId}/receipt`);
  const { data } = await log('?limit=100');
  const told = new Set(data.map(({ action }) => action));
  for (const action of [
    'session.started',
    'invite.created',
    'invite.accepted',
    'project.created',
    'run.opened',
    'evidence.attached',
    'run.approved',
    'receipt.minted',
  ])
    expect([action, told.has(action)]).toEqual([action, true]);
  for (const { request_id, network, action } of data) {
    expect(request_id).toMatch(/^req_/);
    expect([action, network]).toEqual([action, '127.0.0.0/24']);
  }
});

test('what a key did is told of the key and of the person who made it', async () => {
  const key = await keyOf(rig, cast.owner, ['runs:write']);
  await attach(key, await openRun(cast));
  const { data } = await log(`?actor=${key.id}`);
  expect(data.map(({ action, actor }) => ({ action, actor }))).toEqual([
    { action: 'evidence.attached', actor: { kind: 'key', id: cast.owner.userId, key_id: key.id } },
  ]);
});

test('the log is read by filter and in pages that neither repeat nor skip', async () => {
  const all = await log('?limit=100');
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Events = await log(`?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual(all.data.map(({ id }) => id));
  const opened = await log('?action=run.opened');
  expect(new Set(opened.data.map(({ action }) => action))).toEqual(new Set(['run.opened']));
  expect((await log('?to=2020-01-01T00:00:00Z')).data).toEqual([]);
});

test('the export has every entry, as JSON Lines and as CSV', async () => {
  const { data } = await log('?limit=100');
  const lines = expectAnswer(await cast.owner.call('GET', '/org/audit-log/export'), [200], z.string());
  const told = lines
    .trimEnd()
    .split('\n')
    .map((line) => z.object({ id: z.string() }).parse(JSON.parse(line)).id);
  expect(told).toEqual(data.map(({ id }) => id));
  const csv = expectAnswer(await cast.owner.call('GET', '/org/audit-log/export?format=csv'), [200], z.string());
  expect(csv.trimEnd().split('\r\n')).toHaveLength(data.length + 1);
  expect(csv.startsWith('id,at,actor_kind,')).toBe(true);
});

test('nobody can change or remove an entry', async () => {
  const change = rig.database.tenant(cast.owner.orgId, ({ trx }) => trx('audit_events').update({ action: 'nothing' }));
  await expect(change).rejects.toThrow('permission denied');
});

test('usage is exact under concurrency, by month and kind', async () => {
  const fresh = await assemble(rig);
  const usage = z.object({
    months: z.array(
      z.object({ month: z.string(), runs: z.int(), evidence_bytes: z.int(), receipts: z.int(), api_calls: z.int() }),
    ),
  });
  const runs = await Promise.all(Array.from({ length: 8 }, () => openRun(fresh)));
  await Promise.all(runs.map((runId) => attach(fresh.owner, runId, 'ten bytes!')));
  await Promise.all(runs.map((runId) => attach(fresh.owner, runId, 'ten bytes!')));
  const [month] = expectAnswer(await fresh.owner.call('GET', '/org/usage'), [200], usage).months;
  expect(month).toMatchObject({
    month: new Date().toISOString().slice(0, 7),
    runs: 8,
    evidence_bytes: 80,
    receipts: 0,
  });
  expect(month?.api_calls).toBeGreaterThanOrEqual(8 + 16);
  const calls = month?.api_calls ?? 0;
  await Promise.all(Array.from({ length: 20 }, () => fresh.owner.call('GET', '/org')));
  const again = expectAnswer(await fresh.owner.call('GET', '/org/usage'), [200], usage).months[0];
  expect(again?.api_calls).toBe(calls + 20 + 1);
});
