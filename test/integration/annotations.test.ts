import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import { exitCodeOf, type Report } from '../../src/verifier/ladder.js';
import { readAttachment } from '../../src/verifier/pdf.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust, type Trust } from '../../src/verifier/trust.js';
import { administer } from '../rig/database.js';
import { assemble, join, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, receiptAnswer, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let trust: Trust;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const receiptOf = async (): Promise<{ id: string; path: string; bundle: unknown }> => {
  const runId = await approvedRun(cast);
  const { id, share_url, bundle } = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json);
  trust = parseTrust(JSON.stringify((await rig.call('GET', '/.well-known/defendablecloud/trusted_root.json')).json));
  return { id, path: new URL(share_url).pathname, bundle };
};
const annotate = (id: string, body: unknown): Promise<Answer> =>
  cast.owner.call('POST', `/receipts/${id}/annotations`, body);
const shared = z.looseObject({
  status: z.string(),
  superseded_by: z.string().nullable(),
  annotations: z.array(z.object({ status: z.string(), bundle: z.unknown(), receipt_id: z.string().nullable() })),
});
/** The share, once every annotation of it is logged. */
const logged = async (path: string): Promise<z.output<typeof shared>> => {
  let share = shared.parse((await rig.call('GET', path)).json);
  await rig.parts.growth.until(async () => {
    share = shared.parse((await rig.call('GET', path)).json);
    return share.annotations.every(({ bundle }) => bundle !== null);
  }, AbortSignal.timeout(20_000));
  return share;
};
const check = (receipt: unknown, beside: readonly unknown[] = []): Report =>
  verifyReceipt(parseReceipt(receipt), trust, {
    evidence: new Map(),
    expect: [],
    annotations: beside.map((one) => parseReceipt(one).bundle),
  });

test('a revoked receipt says so in its share, its page, its PDF and to the verifier; the old bundle stays signed', async () => {
  const { id, path, bundle } = await receiptOf();
  const other = await receiptOf();
  expect((await fetch(`${rig.base}${path}/pdf`)).status).toBe(200);
  const revoked = await annotate(id, { status: 'revoked', reason: 'The figures were of another quarter.' });
  expect(revoked.status).toBe(201);
  expect((await annotate(id, { status: 'revoked', reason: 'Again.' })).status).toBe(200);
  const share = await logged(path);
  expect(share).toMatchObject({ status: 'revoked', annotations: [{ status: 'revoked' }] });
  expect((await cast.owner.call('GET', `/receipts/${id}`)).json).toMatchObject({ status: 'revoked' });
  const report = check(share);
  expect(exitCodeOf(report)).toBe(1);
  expect(report.rungs).toContainEqual(expect.objectContaining({ name: 'not revoked', state: 'failed' }));
  const [annotation] = share.annotations;
  expect(exitCodeOf(check(bundle))).toBe(0);
  expect(exitCodeOf(check(bundle, [annotation?.bundle]))).toBe(1);
  expect(exitCodeOf(check(other.bundle, [annotation?.bundle]))).toBe(0);
  const page = await (await fetch(`${rig.base}${path}`, { headers: { accept: 'text/html' } })).text();
  expect(page).toContain('REVOKED by its issuer');
  const pdf = Buffer.from(await (await fetch(`${rig.base}${path}/pdf`)).arrayBuffer());
  expect(exitCodeOf(check(JSON.parse(readAttachment(pdf))))).toBe(1);
  expect((await rig.call('POST', '/verify', { receipt: share })).json).toMatchObject({ ok: false });
  const events = await cast.owner.call('GET', '/org/audit-log?action=receipt.revoked');
  expect(JSON.stringify(events.json)).toContain(id);
  // The reason is a disclosure of the annotation, and nowhere in what is public.
  expect(JSON.stringify(share) + page).not.toContain('another quarter');
  expect((await cast.owner.call('GET', `/receipts/${annotation?.receipt_id ?? ''}`)).status).toBe(200);
});

test('a receipt is superseded by another one, not by itself, a stranger or an annotation', async () => {
  const [{ id, path }, { id: newer }] = [await receiptOf(), await receiptOf()];
  const body = { status: 'superseded', reason: 'Done again.', replacement_id: newer };
  expect((await annotate(id, body)).status).toBe(201);
  const share = await logged(path);
  expect(share).toMatchObject({ status: 'superseded', superseded_by: newer });
  expect(exitCodeOf(check(share))).toBe(0);
  expect(refusalOf(await annotate(id, { ...body, replacement_id: id }))).toBe('400 invalid_request');
  expect(refusalOf(await annotate(id, { status: 'superseded', reason: 'No other.' }))).toBe('400 invalid_request');
  const own = share.annotations[0]?.receipt_id ?? '';
  expect(refusalOf(await annotate(own, { status: 'revoked', reason: 'x' }))).toBe('400 invalid_request');
  const stranger = await assemble(rig);
  const path2 = `/receipts/${id}/annotations`;
  expect(refusalOf(await stranger.owner.call('POST', path2, body))).toBe('404 not_found');
  expect(refusalOf(await stranger.owner.call('GET', path2))).toBe('404 not_found');
  const viewer = await join(rig, cast.owner, 'viewer', false);
  expect(refusalOf(await viewer.call('POST', path2, body))).toBe('403 forbidden');
  const member = await join(rig, cast.owner, 'member', false);
  expect(refusalOf(await member.call('POST', path2, body))).toBe('403 own_runs_only');
});

test('an erasure leaves a tombstone in the log, once, and what is left verifies', async () => {
  const { id, path } = await receiptOf();
  const erase = (): Promise<Answer> =>
    cast.owner.call('POST', `/receipts/${id}/erasures`, { pointers: ['/run/title'], reason: 'Asked for.' });
  expect((await erase()).status).toBe(200);
  expect((await erase()).status).toBe(200);
  const share = await logged(path);
  expect(share.annotations).toMatchObject([{ status: 'erased' }]);
  expect(share.status).toBe('issued');
  const report = check(share);
  expect(exitCodeOf(report)).toBe(0);
  expect(report.rungs).toContainEqual(expect.objectContaining({ name: 'nothing erased' }));
});

test('an annotation whose workflow was lost is minted by the reconciler', async () => {
  const { id, path } = await receiptOf();
  const made = expectAnswer(
    await annotate(id, { status: 'revoked', reason: 'Lost.' }),
    [201],
    z.looseObject({ id: z.string() }),
  );
  await logged(path);
  // As if the worker had never come to it, an hour ago.
  await administer(
    rig.ownerUrl,
    `update receipt_annotations set minted_as = null, created_at = now() - interval '1 hour' where id = '${made.id}'`,
  );
  await rig.client.workflow.execute('reconcileRuns', {
    taskQueue: rig.parts.queues.core,
    workflowId: `reconcile-annotations:${made.id}`,
  });
  const list = z.object({ data: z.array(z.object({ minted_as: z.string().nullable() })) });
  const { data } = expectAnswer(await cast.owner.call('GET', `/receipts/${id}/annotations`), [200], list);
  expect(data).toEqual([{ ...data[0], minted_as: expect.stringMatching(/^rcp_/) }]);
});
