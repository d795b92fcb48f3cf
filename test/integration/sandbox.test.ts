import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseReceipt } from '../../src/verifier/bundle.js';
import { exitCodeOf } from '../../src/verifier/ladder.js';
import { readAttachment } from '../../src/verifier/pdf.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';
import { createCaller, expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { assemble, join, keyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, openRun, receiptAnswer, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let key: Caller & { readonly secret: string };
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  key = await keyOf(rig, cast.owner, ['read', 'runs:write', 'audit:run', 'receipt:mint'], 'test');
});
afterAll(() => rig.close());

const principal = z.object({ organization: z.object({ id: z.string() }), role: z.string() });
const org = z.object({ id: z.string(), sandbox_of: z.string().nullable() });
const id = z.object({ id: z.string() });
const list = z.object({ data: z.array(id) });

/** A person who has stepped into the sandbox. */
async function inSandbox(person: Caller): Promise<Caller> {
  const { organization } = expectAnswer(await key.call('GET', '/auth/me'), [200], principal);
  const session = z.object({ access_token: z.string() });
  const answer = await person.call('POST', '/auth/switch', { org_id: organization.id });
  return createCaller(rig.base, expectAnswer(answer, [200], session).access_token);
}

test('a test key acts in a sandbox, where nothing of the organization is, and the other way round', async () => {
  expect(key.secret).toMatch(/^dck_test_/);
  const sandbox = expectAnswer(await key.call('GET', '/org'), [200], org);
  expect(sandbox).toMatchObject({ sandbox_of: cast.owner.orgId });
  const runId = await openRun(cast);
  expect(refusalOf(await key.call('GET', `/runs/${runId}`))).toBe('404 not_found');
  expect(expectAnswer(await key.call('GET', '/projects'), [200], list).data).toEqual([]);
  const project = expectAnswer(await key.call('POST', '/projects', { name: 'Trial' }), [201], id);
  const mine = expectAnswer(await cast.owner.call('GET', '/projects'), [200], list);
  expect(mine.data).not.toContainEqual(project);
});

test('the people of an organization can step into its sandbox in their own roles, and nobody else can', async () => {
  const sandbox = await inSandbox(cast.reviewer);
  expect(expectAnswer(await sandbox.call('GET', '/auth/me'), [200], principal).role).toBe('member');
  const other = await assemble(rig);
  const { organization } = expectAnswer(await key.call('GET', '/auth/me'), [200], principal);
  const answer = await other.owner.call('POST', '/auth/switch', { org_id: organization.id });
  expect(refusalOf(answer)).toBe('404 not_found');
});

test('who joins or leaves the organization joins or leaves its sandbox', async () => {
  const person = await join(rig, cast.owner, 'viewer', false);
  const sandbox = await inSandbox(person);
  expect((await sandbox.call('GET', '/org')).status).toBe(200);
  expectAnswer(await cast.owner.call('DELETE', `/org/members/${person.userId}`), [200], z.unknown());
  expect(refusalOf(await sandbox.call('GET', '/org'))).toBe('401 invalid_token');
});

test('people and keys of a sandbox are kept in its organization, and it has one sandbox however often one is asked for', async () => {
  const sandbox = await inSandbox(cast.owner);
  const invite = { email: 'a@b.example', role: 'viewer' };
  expect(refusalOf(await sandbox.call('POST', '/org/invites', invite))).toBe('409 invalid_transition');
  expect(refusalOf(await sandbox.call('POST', '/org/api-keys', { name: 'x', scopes: ['read'] }))).toBe(
    '409 invalid_transition',
  );
  const keys = await Promise.all(Array.from({ length: 4 }, () => keyOf(rig, cast.owner, ['read'], 'test')));
  const orgs = await Promise.all(keys.map(async (one) => expectAnswer(await one.call('GET', '/org'), [200], org).id));
  expect(new Set(orgs).size).toBe(1);
});

const WELL_KNOWN = '/.well-known/defendablecloud';
const shared = z.object({ sandbox: z.boolean(), links: z.looseObject({ ledger: z.null(), trusted_root: z.string() }) });
const publicLog = z.object({ size: z.number(), data: z.array(z.unknown()) });

/** Mints in the sandbox with a key, after a person there has approved. */
async function tryOut(): Promise<z.output<typeof receiptAnswer>> {
  const project = expectAnswer(await key.call('POST', '/projects', { name: randomUUID() }), [201], id);
  const reviewer = { ...cast.reviewer, ...(await inSandbox(cast.reviewer)) };
  const grader = { ...cast.grader, ...(await inSandbox(cast.grader)) };
  const runId = await approvedRun({ owner: { ...cast.owner, ...key }, reviewer, grader, projectId: project.id });
  return expectAnswer(await key.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);
}

test('what a sandbox mints says so everywhere, and nothing of it is in the public log', async () => {
  const { id: receiptId, share_url } = await tryOut();
  const receipt = z.object({ ledger: z.object({ origin: z.string() }), key_id: z.string() });
  const { ledger, key_id } = expectAnswer(await key.call('GET', `/receipts/${receiptId}`), [200], receipt);
  expect(ledger.origin).toBe(`sandbox.${rig.logId}`);
  expect(expectAnswer(await rig.call('GET', '/ledger'), [200], publicLog)).toMatchObject({ size: 0, data: [] });
  const published = JSON.stringify((await rig.call('GET', '/ledger/keys')).json);
  expect(published).not.toContain(key_id);
  expect(published).not.toContain('sandbox');
  const { pathname } = new URL(share_url);
  expect(expectAnswer(await rig.call('GET', pathname), [200], shared).sandbox).toBe(true);
  const page = await fetch(share_url, { headers: { accept: 'text/html' } });
  expect(await page.text()).toContain('SANDBOX: a trial that proves nothing');
  const pdf = await fetch(`${share_url}/pdf`);
  expect(pdf.status).toBe(200);
  expect(shared.parse(JSON.parse(readAttachment(Buffer.from(await pdf.arrayBuffer())))).sandbox).toBe(true);
});

test('whoever trusts the public ledger refuses what a sandbox minted, and whoever trusts the sandboxes is told', async () => {
  const { share_url } = await tryOut();
  const share = (await rig.call('GET', new URL(share_url).pathname)).json;
  const judge = async (path: string) => {
    const trust = parseTrust(JSON.stringify((await rig.call('GET', path)).json));
    return verifyReceipt(parseReceipt(share), trust);
  };
  for (const path of [`${WELL_KNOWN}/trusted_root.json`, '/ledger/keys']) {
    const report = await judge(path);
    expect(exitCodeOf(report)).toBe(1);
    expect(report.rungs.find(({ name }) => name === 'checkpoint')?.state).toBe('missing');
  }
  const verified = (await rig.call('POST', '/verify', { receipt: share })).json;
  expect(verified).toMatchObject({ ok: false });
  const report = await judge(`${WELL_KNOWN}/sandbox_trusted_root.json`);
  expect(exitCodeOf(report)).toBe(0);
  expect(report.rungs).toContainEqual(expect.objectContaining({ name: 'not a sandbox', state: 'not_asked' }));
});
