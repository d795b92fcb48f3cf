import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { verifyShare } from '../../scripts/demo/verify.js';
import { readBytes } from '../../src/adapters/object-store.js';
import { sequence } from '../../src/ledger/sequence-store.js';
import { administer } from '../rig/database.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, receiptAnswer, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const report = z.object({
  ok: z.boolean(),
  size: z.number(),
  checkpoint_size: z.number(),
  errors: z.array(z.object({ code: z.string(), index: z.number().nullable() })),
});
const verify = async (): Promise<z.output<typeof report>> =>
  expectAnswer(await rig.call('GET', '/ledger/verify'), [200], report);
const keys = z.object({ origin: z.string(), data: z.array(z.object({ purpose: z.string(), public_key: z.string() })) });
const share = z.object({
  bundle: z.unknown(),
  disclosures: z.array(z.string()),
  fields: z.array(z.object({ pointer: z.string(), state: z.string() })),
});

async function mint(): Promise<z.output<typeof receiptAnswer>> {
  const runId = await approvedRun(cast);
  return expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);
}
const pathOf = (url: string): string => new URL(url).pathname;

test('receipts minted at once get one leaf each, contiguous, and the whole log verifies', async () => {
  const runs = await Promise.all(Array.from({ length: 6 }, () => approvedRun(cast)));
  await Promise.all(runs.map((runId) => cast.owner.call('POST', `/runs/${runId}/receipt`)));
  const { ok, size, errors } = await verify();
  expect({ ok, errors }).toEqual({ ok: true, errors: [] });
  expect(size).toBeGreaterThanOrEqual(6);
  const leaves = await rig.database.knex<{ idx: number }>('ledger_leaf').orderBy('idx').select('idx');
  expect(leaves.map(({ idx }) => idx)).toEqual(leaves.map((_, i) => i));
});

test('a share carries the signed bundle, verifies with the published keys, and discloses no person', async () => {
  const { share_url } = await mint();
  const shared = expectAnswer(await rig.call('GET', pathOf(share_url)), [200], share);
  const published = expectAnswer(await rig.call('GET', '/ledger/keys'), [200], keys);
  expect(verifyShare(shared, published).treeSize).toBeGreaterThan(0);
  const shown =
    JSON.stringify(shared) + shared.disclosures.map((one) => Buffer.from(one, 'base64url').toString()).join();
  for (const secret of [cast.owner.email, cast.reviewer.email, cast.owner.userId, cast.owner.orgId])
    expect(shown).not.toContain(secret);
  expect(shared.fields.find(({ pointer }) => pointer === '/approvals/0/approver')?.state).toBe('withheld');
});

test('one changed byte of the payload, the signature or the proof no longer verifies', async () => {
  const { share_url } = await mint();
  const shared = expectAnswer(await rig.call('GET', pathOf(share_url)), [200], share);
  const published = expectAnswer(await rig.call('GET', '/ledger/keys'), [200], keys);
  const check = (bundle: unknown): unknown => verifyShare({ bundle, disclosures: [] }, published);
  const text = JSON.stringify(shared.bundle);
  const tamper = (field: string): unknown =>
    JSON.parse(
      text.replace(
        new RegExp(`"${field}":"(.{20})(.)`),
        (_, head: string, letter: string) => `"${field}":"${head}${letter === 'A' ? 'B' : 'A'}`,
      ),
    );
  for (const field of ['payload', 'sig', 'canonicalizedBody', 'envelope']) expect(() => check(tamper(field))).toThrow();
  expect(check(JSON.parse(text))).toBeDefined();
});

test('two sequencers at once give every leaf one place', async () => {
  const before = (await verify()).size;
  await administer(
    rig.ownerUrl,
    `insert into ledger_pending (log_id, leaf_id, entry, receipt_id, kind, org_alias) select '${rig.logId}', 'leaf-' || i, decode(md5(i::text), 'hex'), 'rcp-' || i, 'run', 'x' from generate_series(1, 300) i`,
  );
  await Promise.all([1, 2, 3].map(() => rig.database.system((system) => sequence(system, rig.logId))));
  const leaves = await rig.database.knex<{ idx: number }>('ledger_leaf').orderBy('idx').select('idx');
  expect(leaves).toHaveLength(before + 300);
  expect(leaves.map(({ idx }) => idx)).toEqual(leaves.map((_, i) => i));
});

test('a log past one full tile publishes the full tiles and still verifies', async () => {
  await rig.parts.growth.until(async () => (await verify()).checkpoint_size > 256, AbortSignal.timeout(20_000));
  const tile = await readBytes(rig.ledgerObjects, 'tile/0/000');
  expect(tile?.bytes).toHaveLength(8192);
  expect(await verify()).toMatchObject({ ok: true, errors: [] });
  const { share_url } = await mint();
  expect((await rig.call('GET', pathOf(share_url))).status).toBe(200);
});

test('the application cannot change or delete what was logged, not even as the owner of the tables', async () => {
  await expect(rig.database.knex.raw(`update ledger_leaf set entry = ''`)).rejects.toThrow('permission denied');
  await expect(rig.database.system(({ trx }) => trx.raw('delete from ledger_leaf'))).rejects.toThrow(
    'permission denied',
  );
  for (const statement of [
    'delete from receipts',
    `update ledger_checkpoint set note = ''`,
    'truncate receipts cascade',
    `update audit_events set action = ''`,
  ]) {
    await expect(administer(rig.ownerUrl, statement)).rejects.toThrow('append-only');
  }
});

test('a share that is unknown is 404, one that is revoked 410', async () => {
  const { share_url } = await mint();
  expect(refusalOf(await rig.call('GET', '/share/unknown'))).toBe('404 not_found');
  expect(refusalOf(await rig.call('GET', `/share/${'A'.repeat(43)}/pdf`))).toBe('404 not_found');
  await administer(rig.ownerUrl, `update shares set revoked_at = now()`);
  expect(refusalOf(await rig.call('GET', pathOf(share_url)))).toBe('410 share_gone');
});

test('an edited leaf, a swapped tile and a foreign checkpoint are found, with the first bad index', async () => {
  const tampering = `alter table ledger_leaf disable trigger all; update ledger_leaf set entry = 'forged' where idx = 3; alter table ledger_leaf enable trigger all`;
  await administer(rig.ownerUrl, tampering);
  const found = await verify();
  expect(found.ok).toBe(false);
  expect(found.errors[0]).toMatchObject({ code: 'leaf_hash', index: 3 });
});
