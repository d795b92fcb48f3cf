import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { readBytes } from '../../src/adapters/object-store.js';
import { findLastGoodAudit, readState, type AuditParts } from '../../src/ledger/audit-store.js';
import { rebuildLog, RebuildFault } from '../../src/ledger/rebuild.js';
import { findHead, findLeafOfReceipt, resumeLog } from '../../src/ledger/store.js';
import { edgeRoot } from '../../src/ledger/tree.js';
import { administer } from '../rig/database.js';
import { queueLeaves } from '../rig/leaves.js';
import { assemble, signUp, type Cast } from '../rig/people.js';
import { openRig, PLATFORM_ADMIN, type Rig } from '../rig/rig.js';
import { approvedRun, receiptAnswer, refusalOf, waivedRun } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let size = 0;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  await grow(520);
});
afterAll(() => rig.close());
/** What a test broke, put back. */
let restore: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of restore.reverse()) await one();
  restore = [];
});

const grow = async (by: number): Promise<void> => {
  await queueLeaves(rig, size, size + by);
  size += by;
};
const report = z.object({
  ok: z.boolean(),
  mode: z.string(),
  coverage: z.object({ from: z.number(), to: z.number(), full_at: z.string().nullable() }),
  checked: z.object({ leaves: z.number(), tiles: z.number(), signatures: z.number() }),
  first_broken: z.number().nullable(),
  errors: z.array(z.object({ code: z.string(), index: z.number().nullable(), detail: z.string() })),
});
const verify = async (query = ''): Promise<z.output<typeof report>> =>
  expectAnswer(await rig.call('GET', `/ledger/verify${query}`), [200], report);
const audit = (scope: 'full' | 'incremental'): Promise<unknown> =>
  rig.client.workflow.execute('auditLog', {
    taskQueue: rig.parts.queues.core,
    workflowId: `audit-${rig.logId}-${String(Math.random())}`,
    args: [scope],
  });
const tamper = async (table: string, statement: string, undo: string): Promise<void> => {
  const run = (sql: string): Promise<void> =>
    administer(
      rig.ownerUrl,
      `alter table ${table} disable trigger all; ${sql}; alter table ${table} enable trigger all`,
    );
  await run(statement);
  restore.push(() => run(undo));
};
const overwrite = async (key: string, change: (bytes: Buffer) => Buffer): Promise<void> => {
  const before = await readBytes(rig.ledgerObjects, key);
  if (!before) throw new Error(`${key} is not there`);
  const put = async (bytes: Buffer): Promise<void> => {
    await rig.ledgerObjects.remove(key);
    await rig.ledgerObjects.putOnce(key, bytes, 'application/octet-stream');
  };
  await put(change(before.bytes));
  restore.push(() => put(before.bytes));
};

test('a full verification covers every leaf, tile and checkpoint, and says so', async () => {
  const full = await verify();
  expect(full).toMatchObject({ ok: true, mode: 'full', coverage: { from: 0, to: 520 }, errors: [] });
  expect(full.checked.leaves).toBe(520);
  expect(full.checked.tiles).toBe(7);
  expect(full.checked.signatures).toBeGreaterThan(0);
});

test('a partial verification finds nothing and is still not ok', async () => {
  const since = await verify('?since=300');
  expect(since).toMatchObject({ ok: false, mode: 'since', coverage: { from: 300, to: 520, full_at: null } });
  expect(since.errors.map(({ code }) => code)).toEqual(['coverage']);
});

test('an incremental audit recomputes only what is new since the last good one, and stands on it', async () => {
  expect(await audit('full')).toEqual({ ok: true, size: 520, firstBroken: null });
  await grow(10);
  const next = await verify('?scope=incremental');
  expect(next).toMatchObject({ ok: true, mode: 'incremental', coverage: { from: 520, to: 530 }, errors: [] });
  expect(next.checked.leaves).toBe(10);
  expect(await audit('incremental')).toEqual({ ok: true, size: 530, firstBroken: null });
  const last = await findLastGoodAudit(rig.database.knex, rig.logId);
  expect(last).toMatchObject({ size: 530, mode: 'incremental' });
  expect(last?.fullAt.toISOString()).toBe(next.coverage.full_at);
});

test.each(['tile/entries/001', 'tile/0/001', 'tile/1/000.p/2'])('a changed byte of %s is found', async (key) => {
  await overwrite(key, (bytes) => Buffer.concat([bytes.subarray(0, 40), Buffer.from([1, 2]), bytes.subarray(42)]));
  const found = await verify();
  expect(found).toMatchObject({ ok: false, errors: [{ code: 'tile' }] });
  expect(found.errors[0]?.detail).toContain(key);
});

test('the leaf under a changed byte is named', async () => {
  await overwrite('tile/0/001', (bytes) =>
    Buffer.concat([bytes.subarray(0, 64), Buffer.from([1]), bytes.subarray(65)]),
  );
  expect((await verify()).first_broken).toBe(258);
});

test('a missing tile is found', async () => {
  await overwrite('tile/0/000', (bytes) => bytes);
  await rig.ledgerObjects.remove('tile/0/000');
  expect(await verify()).toMatchObject({ ok: false, first_broken: 0 });
});

test.each([
  ['chain', `update ledger_leaf set chain = leaf_hash where idx = 400`, 'chain', 400],
  ['leaf hash', `update ledger_leaf set leaf_hash = chain where idx = 401`, 'leaf_hash', 401],
  ['entry', `update ledger_leaf set entry = 'forged' where idx = 402`, 'leaf_hash', 402],
])('a forged %s is found at its index', async (_, forge, code, index) => {
  await administer(rig.ownerUrl, 'create table if not exists kept as select * from ledger_leaf');
  const undo = `update ledger_leaf set entry = kept.entry, leaf_hash = kept.leaf_hash, chain = kept.chain from kept where kept.idx = ledger_leaf.idx`;
  await tamper('ledger_leaf', forge, undo);
  const found = await verify();
  expect(found).toMatchObject({ ok: false, first_broken: index });
  expect(found.errors.filter((fault) => fault.index === index).map((fault) => fault.code)).toContain(code);
});

test('a forged tile root is found', async () => {
  const undo = `update ledger_subtree set hash = (select hash from kept_subtree) where idx = 1 and level = 1`;
  await administer(
    rig.ownerUrl,
    'create table kept_subtree as select hash from ledger_subtree where idx = 1 and level = 1',
  );
  await tamper('ledger_subtree', `update ledger_subtree set hash = sha256('x') where idx = 1 and level = 1`, undo);
  expect((await verify()).errors.map(({ code, index }) => [code, index])).toContainEqual(['subtree', 256]);
});

test('a receipt whose approval is taken away afterwards, or was the submitter’s own, is found at its leaf', async () => {
  const runId = await approvedRun(cast);
  const receipt = expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);
  size += 1;
  const leaf = await findLeafOfReceipt(rig.database.knex, receipt.id);
  expect(await verify()).toMatchObject({ ok: true, errors: [] });
  const set = (sql: string): string => `update approvals set ${sql} where run_id = '${runId}'`;
  await tamper(
    'approvals',
    set(`created_at = created_at + interval '1 day'`),
    set(`created_at = created_at - interval '1 day'`),
  );
  const late = await verify();
  expect(late.errors[0]).toMatchObject({ code: 'lifecycle', index: leaf?.idx });
  expect(late.errors.map(({ detail }) => detail.split(':')[0])).toContain('approved_before_minted');
  await restore.pop()?.();
  const approver = set(`approver_id = '${cast.reviewer.userId}'`);
  await tamper('approvals', set(`approver_id = '${cast.owner.userId}'`), approver);
  expect((await verify()).errors.map(({ detail }) => detail.split(':')[0])).toEqual(['second_person']);
});

test('a receipt that rests on a waiver which had ended is found at its leaf', async () => {
  const runId = await waivedRun(cast, new Date(Date.now() + 86_400_000));
  const receipt = expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);
  size += 1;
  const leaf = await findLeafOfReceipt(rig.database.knex, receipt.id);
  expect(await verify()).toMatchObject({ ok: true, errors: [] });
  const issued = (sign: string): string =>
    `update receipts set issued_at = issued_at ${sign} interval '2 days' where id = '${receipt.id}'`;
  await tamper('receipts', issued('+'), issued('-'));
  const found = await verify();
  expect(found.errors.map(({ index, detail }) => [index, detail.split(':')[0]])).toEqual([
    [leaf?.idx, 'waivers_alive'],
  ]);
});

test('an audit that finds a mismatch is written down and stops minting', async () => {
  const runId = await approvedRun(cast);
  await overwrite('tile/0/000', (bytes) => Buffer.concat([Buffer.from('xx'), bytes.subarray(2)]));
  expect(await audit('full')).toMatchObject({ ok: false, firstBroken: 0 });
  expect(refusalOf(await cast.owner.call('POST', `/runs/${runId}/receipt`))).toBe('503 ledger_paused');
  const root = await signUp(rig, PLATFORM_ADMIN);
  expect(await root.call('GET', '/admin/incidents')).toMatchObject({
    json: { data: [{ kind: 'security', severity: 'sev1', source: 'ledger', state: 'open' }] },
  });
  expect(refusalOf(await cast.owner.call('GET', '/admin/incidents'))).toBe('403 forbidden');
  const audits = z.object({
    data: z.array(z.object({ ok: z.boolean(), report: z.looseObject({ first_broken: z.number() }) })),
  });
  const listed = await rig.call('GET', '/ledger/audits');
  expect(z.object({ data: z.array(z.unknown()) }).parse(listed.json).data.length).toBeGreaterThan(2);
  const [newest] = z.object({ data: z.array(z.unknown()) }).parse(listed.json).data;
  expect(audits.parse({ data: [newest] }).data[0]).toMatchObject({ ok: false, report: { first_broken: 0 } });
  await rig.database.system((system) => resumeLog(system, rig.logId));
});

test('a database restored from an old backup gets its leaves back from the published log', async () => {
  const before = await findHead(rig.database.knex, rig.logId);
  await loseAfter(300);
  expect(await verify()).toMatchObject({ ok: false });
  expect(await rebuildLog(parts())).toEqual({ restored: size - 300 });
  const after = await findHead(rig.database.knex, rig.logId);
  expect(after).toMatchObject({ size, pausedReason: null });
  expect([after?.root, after?.chain]).toEqual([before?.root, before?.chain]);
  expect(await rebuildLog(parts())).toEqual({ restored: 0 });
  expect(await verify()).toMatchObject({ ok: true, errors: [] });
  await grow(3);
  expect(await verify()).toMatchObject({ ok: true, coverage: { to: size } });
});

test('published entries that do not give the signed tree are not taken back', async () => {
  await loseAfter(300);
  await overwrite('tile/entries/001', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('y')]));
  await expect(rebuildLog(parts())).rejects.toThrow(RebuildFault);
  expect(await findHead(rig.database.knex, rig.logId)).toMatchObject({ size: 300, pausedReason: 'restored' });
});

const parts = (): AuditParts => ({ database: rig.database, objects: rig.ledgerObjects, logId: rig.logId });

/** The database as a backup of an earlier time would have it, and the log paused as the restore guard leaves it. */
async function loseAfter(at: number): Promise<void> {
  const state = await readState(rig.database.knex, rig.logId, at);
  if (!state) throw new Error('no such size');
  const hex = (bytes: Buffer): string => `'\\x${bytes.toString('hex')}'`;
  const { edge, chain } = state;
  const without = (table: string, which: string): string =>
    `alter table ${table} disable trigger all; delete from ${table} where ${which}; alter table ${table} enable trigger all;`;
  await administer(
    rig.ownerUrl,
    `${without('ledger_leaf', `idx >= ${String(at)}`)}
     ${without('ledger_subtree', `(idx + 1) * 256 > ${String(at)}`)}
     ${without('ledger_checkpoint', `size > ${String(at)}`)}
     update ledger_pub set published_size = 0;
     update ledger_head set paused_reason = 'restored', size = ${String(at)}, root = ${hex(edgeRoot(edge))},
       right_edge = ${hex(Buffer.concat([...edge.hashes]))}, chain = ${hex(chain)}`,
  );
}
