import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, expectRefusal, type Answer } from '../../scripts/demo/client.js';
import { objectKey } from '../../src/datasets/package.js';
import { MAX_REDEMPTIONS, quotas } from '../../src/datasets/rules.js';
import { movePackage } from '../../src/datasets/store.js';
import { mayUseDataset } from '../../src/datasets/use.js';
import { firstPolicy } from '../../src/training-policies/library.js';
import { fileOf, LICENCE_SHA256, packageOf, publish, table } from '../rig/datasets.js';
import { join, keyOf, signUp, type PersonInTest } from '../rig/people.js';
import { entitle } from '../rig/membership.js';
import { openRig, type Rig } from '../rig/rig.js';

const page = z.object({
  data: z.array(z.object({ slug: z.string() })),
  facets: z.record(z.string(), z.array(z.object({ value: z.string(), count: z.number() }))),
  next_cursor: z.string().nullable(),
});
const download = z.object({
  id: z.string(),
  receipt_id: z.string(),
  redemptions: z.number(),
  policy_version: z.string(),
  links_expire_at: z.string(),
  files: z.array(z.object({ name: z.string(), url: z.string(), sha256: z.string(), size: z.number() })),
});
const grant = z.object({ id: z.string(), state: z.string(), revoked_because: z.string().nullable() });

let rig: Rig;
let owner: PersonInTest;
beforeAll(async () => {
  rig = await openRig();
  owner = await signUp(rig);
  await entitle(rig, owner.orgId);
  await publish(rig, packageOf({ slug: 'words' }));
});
afterAll(() => rig.close());

const wanted = (changes: object = {}): object => ({
  accept_licence_sha256: LICENCE_SHA256,
  purpose: 'To test that grants hold.',
  ...changes,
});
const ask = (caller: { call: PersonInTest['call'] }, slug = 'words', changes: object = {}): Promise<Answer> =>
  caller.call('POST', `/datasets/catalog/${slug}/download`, wanted(changes));
/** A paying organization of its own, so that quotas of tests do not meet. */
async function member(): Promise<PersonInTest> {
  const person = await signUp(rig);
  await entitle(rig, person.orgId);
  return person;
}
async function askWithKey(person: PersonInTest, key: string, changes: object = {}): Promise<Answer> {
  const response = await fetch(`${rig.base}/datasets/catalog/words/download`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${person.token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(wanted(changes)),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

test('a link gives exactly the granted bytes, whole, in ranges and resumed, and nothing of ours is asked', async () => {
  const answer = await ask(await member());
  const { files, policy_version, links_expire_at } = expectAnswer(answer, [201], download);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(policy_version).toBe(firstPolicy.version);
  expect(new Date(links_expire_at).getTime() - Date.now()).toBeLessThanOrEqual(15 * 60_000);
  const [file] = files;
  if (!file) throw new Error('no file');
  expect(file.url).not.toContain(rig.base);
  const whole = await fetch(file.url);
  expect(whole.headers.get('content-disposition')).toContain('words.jsonl');
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  const range = await fetch(file.url, { headers: { range: 'bytes=10-' } });
  expect(range.status).toBe(206);
  const first = await fetch(file.url, { headers: { range: 'bytes=0-9' } });
  const resumed = Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await range.arrayBuffer())]);
  expect(resumed.equals(bytes)).toBe(true);
  const other = file.url.replace(file.sha256, 'a'.repeat(64));
  expect((await fetch(other)).status).toBe(403);
});

test('without a membership 402 with the reason, without the licence 428, for a forbidden use 422', async () => {
  const poor = await signUp(rig);
  expect(expectRefusal(await ask(poor), 'membership_required')).toContain('Nobody has applied yet');
  const silent = await ask(owner, 'words', { accept_licence_sha256: undefined });
  expect(silent.status).toBe(428);
  expectRefusal(silent, 'licence_acceptance_required');
  expectRefusal(await ask(owner, 'words', { accept_licence_sha256: 'b'.repeat(64) }), 'licence_acceptance_required');
  const { licence } = packageOf({ slug: 'x' });
  await publish(rig, packageOf({ slug: 'no-training', licence: { ...licence, forbids: ['training'] } }));
  expectRefusal(await ask(owner, 'no-training', { uses: ['training'] }), 'use_not_licensed');
  expectRefusal(await ask(owner, 'no-such-package'), 'not_found');
  expectRefusal(await ask(owner, 'words', { files: ['../secret'] }), 'not_found');
  expectRefusal(await ask(owner, 'words', { purpose: 'short' }), 'invalid_request');
});

test('fifty requests at once get exactly the quota, and the fifty-first is told when to come back', async () => {
  const person = await member();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(person)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(quotas.principal);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(50 - quotas.principal);
  const problem = z.object({ quota: z.object({ limit: z.number(), used: z.number(), of: z.string() }) });
  expect(problem.parse(refused[0]?.json).quota).toEqual({
    limit: quotas.principal,
    used: quotas.principal,
    of: 'principal',
    resets_at: undefined,
  });
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(86_000);
  const receipts = await rig.database.tenant(person.orgId, ({ trx }) =>
    trx('receipts').where({ kind: 'dataset_grant' }),
  );
  expect(receipts).toHaveLength(quotas.principal);
  const colleague = await join(rig, person, 'member', false);
  expectAnswer(await ask(colleague), [201], download);
}, 60_000);

test('the quota rolls: what was granted a day ago counts no more', async () => {
  const person = await member();
  await Promise.all(Array.from({ length: quotas.principal }, () => ask(person)));
  expectRefusal(await ask(person), 'quota_exceeded');
  await rig.database.tenant(person.orgId, ({ trx }) =>
    trx('dataset_grants').update({ issuedAt: trx.raw(`issued_at - interval '24 hours'`) }),
  );
  expectAnswer(await ask(person), [201], download);
}, 60_000);

test('the same key gets the same grant with fresh links: one receipt, one place in the quota', async () => {
  const person = await member();
  const answers = await Promise.all([1, 2, 3].map(() => askWithKey(person, 'once')));
  const grants = answers.map((answer) => expectAnswer(answer, [201], download));
  expect(new Set(grants.map(({ id }) => id)).size).toBe(1);
  expect(new Set(grants.map(({ receipt_id }) => receipt_id)).size).toBe(1);
  expectRefusal(await askWithKey(person, 'once', { purpose: 'For something else.' }), 'idempotency_mismatch');
  const usage = await rig.database.tenant(person.orgId, ({ trx }) =>
    trx('usage_counters').where({ kind: 'downloads' }).sum({ n: 'amount' }).first(),
  );
  expect(z.object({ n: z.coerce.number() }).parse(usage).n).toBe(1);
});

test('the receipt of a grant is read, shared and verified like any other, and tells nobody who asked or why', async () => {
  const person = await member();
  const { receipt_id } = expectAnswer(await ask(person), [201], download);
  const receipt = z.object({ kind: z.string(), share_url: z.string() });
  const { kind, share_url } = expectAnswer(await person.call('GET', `/receipts/${receipt_id}`), [200], receipt);
  expect(kind).toBe('dataset_grant');
  const shared = await fetch(share_url, { headers: { accept: 'application/json' } });
  const text = await shared.text();
  expect(shared.status).toBe(200);
  expect(text).toContain(LICENCE_SHA256);
  expect(text).toContain(firstPolicy.version);
  for (const secret of [person.userId, 'To test that grants hold.', 'X-Amz-Signature'])
    expect(text).not.toContain(secret);
});

test('redemptions are counted, and a grant gives no more links than it has', async () => {
  const person = await member();
  const { id } = expectAnswer(await ask(person), [201], download);
  const answers = await Promise.all(
    Array.from({ length: MAX_REDEMPTIONS + 5 }, () => person.call('POST', `/datasets/grants/${id}/links`)),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(MAX_REDEMPTIONS - 1);
  const refused = answers.find(({ status }) => status !== 200);
  expect(refused?.status).toBe(410);
});

test('a revoked grant gives no links, a lapsed member none of a live one, and a stranger does not see it', async () => {
  const person = await member();
  const { id } = expectAnswer(await ask(person), [201], download);
  const stranger = await member();
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/links'],
  ] as const)
    expectRefusal(await stranger.call(method, `/datasets/grants/${id}${path}`), 'not_found');
  await entitle(rig, person.orgId, false);
  expectRefusal(await person.call('POST', `/datasets/grants/${id}/links`), 'membership_required');
  await entitle(rig, person.orgId);
  const revoked = await person.call('POST', `/datasets/grants/${id}/revoke`, { reason: 'No longer needed.' });
  expect(expectAnswer(revoked, [200], grant).state).toBe('revoked');
  expectRefusal(await person.call('POST', `/datasets/grants/${id}/links`), 'grant_over');
});

test('a withdrawn package ends its live grants, is gone from the list, and answers 410', async () => {
  await publish(rig, packageOf({ slug: 'withdrawn-words' }));
  const person = await member();
  const { id } = expectAnswer(await ask(person, 'withdrawn-words'), [201], download);
  const moved = { slug: 'withdrawn-words', version: '1.0.0', state: 'withdrawn' as const, because: 'a complaint' };
  await rig.database.system((system) => movePackage(system, moved));
  expectRefusal(await ask(person, 'withdrawn-words'), 'package_withdrawn');
  expectRefusal(await rig.call('GET', '/datasets/catalog/withdrawn-words'), 'package_withdrawn');
  expectRefusal(await person.call('POST', `/datasets/grants/${id}/links`), 'grant_over');
  const read = expectAnswer(await person.call('GET', `/datasets/grants/${id}`), [200], grant);
  expect(read.revoked_because).toContain('a complaint');
  const { data } = expectAnswer(await rig.call('GET', '/datasets/catalog?limit=100'), [200], page);
  expect(data.map(({ slug }) => slug)).not.toContain('withdrawn-words');
});

test('a published version never changes, and publishing it again does nothing', async () => {
  await publish(rig, packageOf({ slug: 'words' }));
  await expect(publish(rig, packageOf({ slug: 'words', title: 'Other words' }))).rejects.toThrow('other content');
});

test('search, filters and facets find a package, and samples are shown to everybody', async () => {
  await publish(rig, packageOf({ slug: 'german-words', languages: ['de'], tasks: ['translation'], title: 'Wörter' }));
  const found = expectAnswer(
    await rig.call('GET', '/datasets/catalog?language=de&task=translation&q=w%C3%B6rter'),
    [200],
    page,
  );
  expect(found.data.map(({ slug }) => slug)).toEqual(['german-words']);
  expect(found.facets['task']).toEqual([{ value: 'translation', count: 1 }]);
  const none = expectAnswer(await rig.call('GET', '/datasets/catalog?min_bytes=1000000'), [200], page);
  expect(none).toEqual({ data: [], facets: { licence: [], tier: [], task: [], language: [] }, next_cursor: null });
  const samples = await rig.call('GET', '/datasets/catalog/german-words/samples');
  expect(samples.json).toMatchObject({ rows: [{ id: 0, word: 'w0' }] });
});

test('the list says what this caller may do: a member, a viewer, one who has not paid, a spent quota', async () => {
  const list = z.object({
    data: z.array(z.object({ access: z.object({ allowed: z.boolean(), reason: z.string(), quota_left: z.number() }) })),
  });
  const read = async (caller: { call: PersonInTest['call'] }): Promise<unknown> =>
    expectAnswer(await caller.call('GET', '/datasets'), [200], list).data[0]?.access;
  const person = await member();
  expect(await read(person)).toEqual({ allowed: true, reason: 'member', quota_left: quotas.principal });
  expect(await read(await join(rig, person, 'viewer', false))).toMatchObject({ allowed: false, reason: 'role' });
  expect(await read(await keyOf(rig, person, ['read']))).toMatchObject({ allowed: false, reason: 'role' });
  expect(await read(await signUp(rig))).toMatchObject({ allowed: false, reason: 'membership_required' });
  await ask(person);
  expect(await read(person)).toMatchObject({ quota_left: quotas.principal - 1 });
});

test('whether a dataset may be used asks grant, licence, policy and withdrawal', async () => {
  const person = await member();
  const { id: grantId } = expectAnswer(await ask(person, 'words', { uses: ['training'] }), [201], download);
  const may = (use: 'training' | 'commercial', slug = 'words'): ReturnType<typeof mayUseDataset> =>
    rig.database.tenant(person.orgId, (tenant) => mayUseDataset(tenant, { grantId, slug, version: '1.0.0', use }));
  expect(await may('training')).toMatchObject({ ok: true, policyVersion: firstPolicy.version });
  expect(await may('commercial')).toEqual({ ok: false, because: 'no_grant' });
  expect(await may('training', 'german-words')).toEqual({ ok: false, because: 'no_grant' });
  await publish(rig, packageOf({ slug: 'open-question', sensitive_personal: 'no_assertion' }));
  const other = expectAnswer(await ask(person, 'open-question', { uses: ['training'] }), [201], download);
  const asked = { grantId: other.id, slug: 'open-question', version: '1.0.0', use: 'training' as const };
  const answer = await rig.database.tenant(person.orgId, (tenant) => mayUseDataset(tenant, asked));
  expect(answer).toEqual({ ok: false, because: 'no_assertion' });
});

test('bytes that are not those of the manifest, and Parquet that lies, are not published', async () => {
  const good = table('parquet', 50);
  const file = fileOf('words.parquet', good, 50);
  await publish(rig, packageOf({ slug: 'columns', files: [file] }), { 'words.parquet': good });
  expect((await rig.evidenceObjects.head(objectKey(file.sha256)))?.size).toBe(good.length);
  const lies = packageOf({ slug: 'lies', files: [{ ...file, records: 51 }] });
  await expect(publish(rig, lies, { 'words.parquet': good })).rejects.toMatchObject({ code: 'invalid_package' });
  const other = table('jsonl', 7);
  const swapped = packageOf({
    slug: 'swapped',
    files: [{ ...fileOf('words.jsonl', other, 7), sha256: 'c'.repeat(64) }],
  });
  await expect(publish(rig, swapped, { 'words.jsonl': other })).rejects.toMatchObject({ code: 'invalid_package' });
  const bomb = Buffer.concat([good.subarray(0, -8), Buffer.from([255, 255, 255, 127]), Buffer.from('PAR1')]);
  const bombed = packageOf({ slug: 'bomb', files: [fileOf('words.parquet', bomb, 50)] });
  await expect(publish(rig, bombed, { 'words.parquet': bomb })).rejects.toMatchObject({ code: 'invalid_package' });
});

test('the policy is served as JSON and as a page, by version, and what changed', async () => {
  const answer = await rig.call('GET', '/policy/training-data');
  expect(answer.json).toMatchObject({ version: firstPolicy.version, never_learn_from: firstPolicy.never_learn_from });
  const named = await rig.call('GET', `/policy/training-data/versions/${firstPolicy.version}`);
  expect(named.headers.get('etag')).toBe(answer.headers.get('etag'));
  const same = await fetch(`${rig.base}/policy/training-data?version=1.0.0`, {
    headers: { 'if-none-match': answer.headers.get('etag') ?? '' },
  });
  expect(same.status).toBe(304);
  const html = await fetch(`${rig.base}/policy/training-data`, { headers: { accept: 'text/html' } });
  expect(await html.text()).toContain('What is never learned from');
  expectRefusal(await rig.call('GET', '/policy/training-data/versions/9.9.9'), 'not_found');
  const changes = await rig.call('GET', '/policy/training-data/changes');
  expect(changes.json).toMatchObject({ data: [{ version: firstPolicy.version, change: 'first version.' }] });
});
