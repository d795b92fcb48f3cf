import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { verifyShare } from '../../scripts/demo/verify.js';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { readAttachment } from '../../src/verifier/pdf.js';
import { administer } from '../rig/database.js';
import { assemble, join, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, receiptAnswer, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let receiptId: string;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  const runId = await approvedRun(cast);
  receiptId = receiptAnswer.parse((await cast.owner.call('POST', `/runs/${runId}/receipt`)).json).id;
});
afterAll(() => rig.close());

const ownShare = z.object({ id: z.string(), state: z.string(), url: z.string().nullable(), views: z.number() });
const shared = z.object({
  disclosures: z.array(z.string()),
  fields: z.array(z.object({ pointer: z.string(), state: z.string() })),
});
const share = async (body: unknown = {}): Promise<{ id: string; path: string }> => {
  const made = expectAnswer(await cast.owner.call('POST', `/receipts/${receiptId}/shares`, body), [201], ownShare);
  return { id: made.id, path: new URL(made.url ?? '').pathname };
};
const read = (path: string): Promise<Answer> => rig.call('GET', path);
const listed = async (id: string): Promise<z.output<typeof ownShare> | undefined> => {
  const list = z.object({ data: z.array(ownShare) });
  const { data } = expectAnswer(await cast.owner.call('GET', `/receipts/${receiptId}/shares`), [200], list);
  return data.find((one) => one.id === id);
};
const statesOf = (answer: Answer): Set<string> =>
  new Set(expectAnswer(answer, [200], shared).fields.map(({ state }) => state));

test('the profiles show less and more of the same signed bytes, and each verifies', async () => {
  const published = (await rig.call('GET', '/ledger/keys')).json;
  const answers = [];
  for (const profile of ['minimal', 'standard', 'full']) answers.push(await read((await share({ profile })).path));
  const [minimal, standard, full] = answers.map((answer) => expectAnswer(answer, [200], shared).disclosures.length);
  expect(minimal).toBe(0);
  expect(standard).toBeGreaterThan(0);
  expect(full).toBeGreaterThan(standard ?? 0);
  for (const { json } of answers) expect(verifyShare(json, published).treeSize).toBeGreaterThan(0);
  const payloads = answers.map(({ json }) => JSON.stringify(z.looseObject({ bundle: z.unknown() }).parse(json).bundle));
  expect(new Set(payloads.map((text) => /"payload":"[^"]+"/.exec(text)?.[0])).size).toBe(1);
});

test('a revoked share answers 410 from then on, an unknown one 404, and the list says so', async () => {
  const { id, path } = await share();
  expect((await read(path)).status).toBe(200);
  expect((await cast.owner.call('POST', `/shares/${id}/revoke`)).status).toBe(200);
  expect(refusalOf(await read(path))).toBe('410 share_gone');
  expect(refusalOf(await read(`${path}/pdf`))).toBe('410 share_gone');
  expect((await cast.owner.call('POST', `/shares/${id}/revoke`)).status).toBe(200);
  expect(await listed(id)).toMatchObject({ state: 'revoked', url: null });
  expect(refusalOf(await read('/share/unheard-of'))).toBe('404 not_found');
});

test('a share ends at its time, and cannot end in the past', async () => {
  const past = { expires_at: '2020-01-01T00:00:00Z' };
  expect(refusalOf(await cast.owner.call('POST', `/receipts/${receiptId}/shares`, past))).toBe('400 invalid_request');
  const { id, path } = await share({ expires_at: '2100-01-01T00:00:00Z' });
  expect((await read(path)).status).toBe(200);
  await administer(rig.ownerUrl, `update shares set expires_at = now() - interval '1 second' where id = '${id}'`);
  expect(refusalOf(await read(path))).toBe('410 share_gone');
  expect(await listed(id)).toMatchObject({ state: 'expired' });
});

test('views are counted, and ten readers at once of a share for three get three', async () => {
  const { id, path } = await share({ max_views: 3 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => read(path)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 410)).toHaveLength(7);
  expect(await listed(id)).toMatchObject({ views: 3, state: 'expired' });
});

test('no token is stored: the table holds keyed hashes only', async () => {
  const { id, path } = await share();
  const token = path.split('/').at(-1) ?? '';
  expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(16);
  const rows = await rig.database.tenant(cast.owner.orgId, ({ trx }) => trx('shares').where({ id }));
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(token);
});

test('members share the receipts of their own runs only, viewers and other organizations none', async () => {
  const member = await join(rig, cast.owner, 'member', false);
  const viewer = await join(rig, cast.owner, 'viewer', false);
  const stranger = await signUp(rig);
  const path = `/receipts/${receiptId}/shares`;
  expect(refusalOf(await member.call('POST', path, {}))).toBe('403 own_runs_only');
  expect(refusalOf(await viewer.call('GET', path))).toBe('403 forbidden');
  expect(refusalOf(await stranger.call('POST', path, {}))).toBe('404 not_found');
  const { id } = await share();
  expect(refusalOf(await stranger.call('POST', `/shares/${id}/revoke`))).toBe('404 not_found');
  expect(refusalOf(await member.call('POST', `/shares/${id}/revoke`))).toBe('403 own_runs_only');
  const own = await approvedRun({ ...cast, owner: member });
  const theirs = receiptAnswer.parse((await member.call('POST', `/runs/${own}/receipt`)).json).id;
  expect((await member.call('POST', `/receipts/${theirs}/shares`, {})).status).toBe(201);
});

test('what was erased is gone from every share for good, and everything still verifies', async () => {
  const { path } = await share({ profile: 'full' });
  const body = { pointers: ['/run/title', '/approvals/0/approver'], reason: 'Asked for by the person named.' };
  const erase = (caller = cast.owner, sent: unknown = body): Promise<Answer> =>
    caller.call('POST', `/receipts/${receiptId}/erasures`, sent);
  expect(refusalOf(await erase(await join(rig, cast.owner, 'admin', false)))).toBe('403 forbidden');
  expect(refusalOf(await erase(cast.owner, { ...body, pointers: ['/verdict/outcome'] }))).toBe('422 not_erasable');
  expect((await erase()).json).toMatchObject({ erased: 2 });
  expect((await erase()).json).toMatchObject({ erased: 0 });
  const answer = await read(path);
  expect(statesOf(answer)).toEqual(new Set(['disclosed', 'erased']));
  const text = JSON.stringify(answer.json);
  expect(text).not.toContain('"title"');
  expect(verifyShare(answer.json, (await rig.call('GET', '/ledger/keys')).json).treeSize).toBeGreaterThan(0);
  const rows = await rig.database.tenant(cast.owner.orgId, ({ trx }) =>
    trx('receipt_disclosures').where({ receiptId }).whereNotNull('erasedAt').select('disclosure'),
  );
  expect(rows).toEqual([{ disclosure: null }, { disclosure: null }]);
});

test('every share has a PDF of its own that carries the receipt, verifies, and shrinks with an erasure', async () => {
  const { path } = await share({ profile: 'full' });
  const published = (await rig.call('GET', '/ledger/keys')).json;
  const fetchPdf = async (): Promise<Buffer> => {
    const response = await fetch(`${rig.base}${path}/pdf`);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  const before = await fetchPdf();
  expect(before.length).toBeLessThan(300 * 1024);
  expect(before.toString('latin1')).toContain('/FontFile2');
  const attached: unknown = JSON.parse(readAttachment(before));
  expect(verifyShare(attached, published).treeSize).toBeGreaterThan(0);
  expect(JSON.stringify(attached)).toContain('"outputSha256":');
  const erasing = { pointers: ['/submission/outputSha256'], reason: 'Asked for.' };
  expect((await cast.owner.call('POST', `/receipts/${receiptId}/erasures`, erasing)).status).toBe(200);
  const after: unknown = JSON.parse(readAttachment(await fetchPdf()));
  expect(verifyShare(after, published).treeSize).toBeGreaterThan(0);
  expect(JSON.stringify(after)).not.toContain('"outputSha256":');
});
