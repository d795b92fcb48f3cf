import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';
import { createApi } from '../../src/api.js';
import { readKey } from '../../src/api-keys/store.js';
import { createSecretHashes, drawSecret } from '../../src/auth/secret.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { revokeInternalKey } from '../../src/internal-keys/store.js';
import { administer } from '../rig/database.js';
import { assemble, internalKeyOf, join, keyOf, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, auditedRun, openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const me = async (key: Caller): Promise<string> => {
  const answer = await key.call('GET', '/auth/me');
  return answer.status === 200 ? 'admitted' : refusalOf(answer);
};
const principal = z.object({ kind: z.string(), scopes: z.array(z.string()), approver: z.boolean() });

test('a key acts within its scopes and says what it is', async () => {
  const key = await keyOf(rig, cast.owner, ['read', 'runs:write']);
  expect(expectAnswer(await key.call('GET', '/auth/me'), [200], principal)).toEqual({
    kind: 'key',
    scopes: ['read', 'runs:write'],
    approver: false,
  });
  const runId = await openRun({ ...cast, owner: { ...cast.owner, ...key } });
  await attach(key, runId);
  expect(refusalOf(await key.call('POST', `/runs/${runId}/audit`))).toBe('403 scope_missing');
});

test('a key never grades, approves, keeps keys, invites or changes roles, whatever its scopes', async () => {
  const every = ['read', 'runs:write', 'audit:run', 'receipt:mint', 'cooks:write', 'models:pin', 'agents:write'];
  const key = await keyOf(rig, cast.owner, every);
  const runId = await auditedRun(cast);
  const attempts: readonly (readonly [string, string, unknown])[] = [
    ['POST', `/runs/${runId}/approve`, { decision: 'approved' }],
    ['PATCH', `/runs/${runId}/checks/chk_00000000000000000000000000`, { status: 'pass' }],
    ['GET', '/org/api-keys', undefined],
    ['POST', '/org/api-keys', { name: 'x', scopes: ['read'] }],
    ['POST', '/org/invites', { email: 'a@b.example', role: 'admin' }],
    ['PUT', `/org/members/${cast.reviewer.userId}/role`, { role: 'owner' }],
    ['POST', '/auth/switch', { org_id: cast.owner.orgId }],
  ];
  for (const [method, path, body] of attempts)
    expect([path, refusalOf(await key.call(method, path, body))]).toEqual([path, '403 human_required']);
});

test('the secret is in the first answer only, and nowhere at rest', async () => {
  const create = async (): Promise<Answer> => {
    const response = await fetch(`${rig.base}/org/api-keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${cast.owner.token}`,
        'content-type': 'application/json',
        'idempotency-key': 'one-key',
      },
      body: JSON.stringify({ name: 'Once', scopes: ['read'] }),
    });
    return { status: response.status, headers: response.headers, json: await response.json() };
  };
  const shown = z.object({ id: z.string(), secret: z.string().nullable() });
  const first = expectAnswer(await create(), [201], shown);
  const second = expectAnswer(await create(), [201], shown);
  expect(second).toEqual({ id: first.id, secret: null });
  const secret = first.secret ?? '';
  const tables = ['api_keys', 'applied_commands', 'commands', 'audit_events'];
  for (const table of tables) {
    const rows = await rig.database.tenant(cast.owner.orgId, ({ trx }) => trx(table));
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(9));
  }
});

test('a mistyped, an unknown and a revoked key are refused, and revocation is at once', async () => {
  const key = await keyOf(rig, cast.owner, ['read']);
  expect(await me(key)).toBe('admitted');
  const last = key.secret.at(-1) === 'a' ? 'b' : 'a';
  expect(await me(rig.as(key.secret.slice(0, -1) + last))).toBe('401 invalid_token');
  expect(await me(rig.as(drawSecret('live')))).toBe('401 invalid_token');
  expectAnswer(
    await cast.owner.call('DELETE', `/org/api-keys/${key.id}`),
    [200],
    z.object({ state: z.literal('revoked') }),
  );
  expect(await me(key)).toBe('401 invalid_token');
});

test('a key expires, and is known to have been used', async () => {
  const key = await keyOf(rig, cast.owner, ['read']);
  await me(key);
  const listed = z.object({ data: z.array(z.object({ id: z.string(), last_used_at: z.string().nullable() })) });
  const { data } = expectAnswer(await cast.owner.call('GET', '/org/api-keys'), [200], listed);
  expect(data.find(({ id }) => id === key.id)?.last_used_at).toEqual(expect.any(String));
  await administer(rig.ownerUrl, `update api_keys set expires_at = now() where id = '${key.id}'`);
  expect(await me(key)).toBe('401 invalid_token');
});

test('a rotated key has a successor, and works on until the overlap is over', async () => {
  const key = await keyOf(rig, cast.owner, ['read']);
  const rotated = z.object({ id: z.string(), secret: z.string(), replaces: z.string() });
  const next = expectAnswer(
    await cast.owner.call('POST', `/org/api-keys/${key.id}/rotate`, { overlap_hours: 1 }),
    [201],
    rotated,
  );
  expect(next.replaces).toBe(key.id);
  expect([await me(key), await me(rig.as(next.secret))]).toEqual(['admitted', 'admitted']);
  await administer(rig.ownerUrl, `update api_keys set expires_at = now() where id = '${key.id}'`);
  expect([await me(key), await me(rig.as(next.secret))]).toEqual(['401 invalid_token', 'admitted']);
  expect(refusalOf(await cast.owner.call('POST', `/org/api-keys/${key.id}/rotate`, {}))).toBe('409 invalid_transition');
});

test('a key is bounded by the present role of its maker, and ends when they leave', async () => {
  const owner = await signUp(rig);
  const maker = await join(rig, owner, 'admin', true);
  const setRole = (role: string): Promise<Answer> => owner.call('PUT', `/org/members/${maker.userId}/role`, { role });
  await setRole('owner');
  const key = await keyOf(rig, maker, ['read', 'runs:write']);
  expect((await key.call('POST', '/projects', { name: 'A' })).status).toBe(201);
  await setRole('viewer');
  expect(refusalOf(await key.call('POST', '/projects', { name: 'B' }))).toBe('403 forbidden');
  expectAnswer(await owner.call('DELETE', `/org/members/${maker.userId}`), [200], z.unknown());
  expect(await me(key)).toBe('401 invalid_token');
});

test('only an owner makes keys, with known scopes and a time to come', async () => {
  const body = { name: 'x', scopes: ['read'] };
  expect(refusalOf(await cast.reviewer.call('POST', '/org/api-keys', body))).toBe('403 forbidden');
  for (const bad of [{ scopes: [] }, { scopes: ['root'] }, { expires_at: '2020-01-01T00:00:00Z' }, { secret: 'mine' }])
    expect(refusalOf(await cast.owner.call('POST', '/org/api-keys', { ...body, ...bad }))).toBe('400 invalid_request');
});

test('a key made under an earlier pepper still works under the next, and is hashed anew by its use', async () => {
  const key = await keyOf(rig, cast.owner, ['read']);
  const next = { version: 7, key: randomBytes(32) };
  const old = rig.parts.secretHashes;
  const rotated = {
    version: 7,
    digests: (secret: string) => [createSecretHashes([next]).digests(secret)[0], ...old.digests(secret)] as const,
  };
  expect(await readKey(rig.database, rotated, key.secret)).toMatchObject({ keyId: key.id });
  expect(await readKey(rig.database, createSecretHashes([next]), key.secret)).toMatchObject({ keyId: key.id });
  expect(await readKey(rig.database, old, key.secret)).toBeUndefined();
});

test('internal keys have their own scopes, act for no organization, and two live at once', async () => {
  const first = await internalKeyOf(rig, ['ledger:maintain']);
  const second = await internalKeyOf(rig, ['ledger:maintain']);
  const runner = await internalKeyOf(rig, ['runner:claim']);
  expect(runner.secret).toMatch(/^dcr_/);
  for (const key of [first, second]) expect((await key.call('GET', '/internal/ledger')).status).toBe(200);
  expect(refusalOf(await runner.call('GET', '/internal/ledger'))).toBe('403 scope_missing');
  expect(refusalOf(await first.call('GET', '/org'))).toBe('403 wrong_credential');
  expect(refusalOf(await cast.owner.call('GET', '/internal/ledger'))).toBe('403 wrong_credential');
  const owner = operatorPool(rig.ownerUrl);
  expect(await revokeInternalKey(owner, first.id)).toBe(true);
  await owner.destroy();
  expect(refusalOf(await first.call('GET', '/internal/ledger'))).toBe('401 invalid_token');
  expect((await second.call('GET', '/internal/ledger')).status).toBe(200);
});

test('with a listener of their own, internal routes are nowhere on the public one', async () => {
  const key = await internalKeyOf(rig, ['ledger:maintain']);
  const statusOn = async (listener: 'public' | 'internal', path: string): Promise<number> => {
    const answer = createApi(rig.parts, listener).callback();
    const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      headers: { authorization: `Bearer ${key.secret}` },
    });
    server.closeAllConnections();
    server.close();
    return response.status;
  };
  expect(await statusOn('public', '/internal/ledger')).toBe(404);
  expect(await statusOn('internal', '/internal/ledger')).toBe(200);
  expect(await statusOn('internal', '/org')).toBe(404);
});
