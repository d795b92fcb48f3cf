import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createCaller, expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { assemble, join, keyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let key: Caller & { readonly secret: string };
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  key = await keyOf(rig, cast.owner, ['read', 'runs:write'], 'test');
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
