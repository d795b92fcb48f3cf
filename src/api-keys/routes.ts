import { z } from 'zod';
import { recordEvent } from '../audit-log/store.js';
import type { Person, Scope } from '../auth/actor.js';
import { drawSecret, hintOf, secretPattern, type SecretHashes } from '../auth/secret.js';
import { commandActor } from '../commands/actor.js';
import { once } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone, person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { Refusal } from '../kernel/refusals.js';
import { ensureSandbox, requireNoSandbox } from '../sandboxes/store.js';
import { mayKeepKeys } from './policy.js';
import { keyBody, keyParams, keysView, keyView, newKeyView, rotateBody } from './schema.js';
import { endKeyAt, insertKey, listKeysOf, lockKey, revokeKey, type ApiKey } from './store.js';
import { showKey } from './view.js';

export interface ApiKeyRouteDeps {
  readonly database: Database;
  readonly secretHashes: SecretHashes;
}
interface NewKey {
  readonly name: string;
  readonly mode: ApiKey['mode'];
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
  readonly replaces: string | null;
}

export function apiKeyRoutes({ database, secretHashes }: ApiKeyRouteDeps): readonly Route[] {
  /** Draws and keeps a key at most once per Idempotency-Key; only the first answer carries the secret. */
  const create = async (
    actor: Person,
    request: RequestInfo,
    command: { commandId: string; requestHash: string },
    draw: (tenant: Tenant) => Promise<NewKey>,
  ): Promise<{ body: z.input<typeof newKeyView>; headers: Record<string, string> }> => {
    let secret: string | null = null;
    const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
      once(tenant, command, keyView, async () => {
        await requireNoSandbox(tenant);
        const fields = await draw(tenant);
        secret = drawSecret(fields.mode);
        const key = await insertKey(tenant, {
          ...fields,
          actsIn: fields.mode === 'test' ? await ensureSandbox(tenant) : null,
          id: newId('key'),
          hint: hintOf(secret),
          digest: secretHashes.digests(secret)[0],
          pepperVersion: secretHashes.version,
          createdBy: actor.userId,
        });
        const action = fields.replaces === null ? 'api_key.created' : 'api_key.rotated';
        await recordEvent(tenant, { actor: commandActor(actor, request), action, target: key.id });
        return showKey(key, new Date());
      }),
    );
    return { body: { ...result, secret }, headers: { ...replayHeaders(replayed), 'Cache-Control': 'no-store' } };
  };
  const common = { auth: person, may: mayKeepKeys, query: none } as const;
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/org/api-keys',
      operationId: 'listApiKeys',
      summary: 'List API keys, never their secrets',
      params: none,
      body: noBody,
      response: keysView,
      status: 200,
      refuses: ['forbidden', 'human_required'],
      handle: async ({ actor }) => {
        const keys = await database.tenant(actor.orgId, listKeysOf);
        return { body: { data: keys.map((key) => showKey(key, new Date())) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/org/api-keys',
      operationId: 'createApiKey',
      summary: 'Create an API key; its secret is shown once',
      params: none,
      body: keyBody,
      response: newKeyView,
      status: 201,
      refuses: ['forbidden', 'human_required', 'invalid_request', 'invalid_transition', 'idempotency_mismatch'],
      handle: async ({ actor, body, request }) => {
        const { name, mode, scopes } = body;
        const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at);
        if (expiresAt !== null && expiresAt <= new Date())
          throw new Refusal('invalid_request', 'expires_at is in the past.');
        const command = plainCommand(actor, 'createApiKey', request, body);
        return create(actor, request, command, () =>
          Promise.resolve({ name, mode, scopes, expiresAt, replaces: null }),
        );
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/org/api-keys/{key_id}/rotate',
      operationId: 'rotateApiKey',
      summary: 'Replace a key by a new one; the old one works on for the overlap',
      params: keyParams,
      body: rotateBody,
      response: newKeyView,
      status: 201,
      refuses: [
        'forbidden',
        'human_required',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'idempotency_mismatch',
      ],
      handle: async ({ actor, params, body, request }) => {
        const command = plainCommand(actor, `rotateApiKey ${params.key_id}`, request, body);
        return create(actor, request, command, async (tenant) => {
          const old = await lockKey(tenant, params.key_id);
          if (showKey(old, new Date()).state !== 'active')
            throw new Refusal('invalid_transition', 'Only an active key can be rotated.');
          await endKeyAt(tenant, old.id, new Date(Date.now() + body.overlap_hours * 3_600_000));
          const { name, mode, scopes, expiresAt, id: replaces } = old;
          return { name, mode, scopes, expiresAt, replaces };
        });
      },
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: '/org/api-keys/{key_id}',
      operationId: 'revokeApiKey',
      summary: 'Revoke a key at once',
      params: keyParams,
      body: noBody,
      response: keyView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found'],
      handle: async ({ actor, params, request }) => {
        const key = await database.tenant(actor.orgId, async (tenant) => {
          const { revokedAt } = await lockKey(tenant, params.key_id);
          const revoked = await revokeKey(tenant, params.key_id);
          const event = { actor: commandActor(actor, request), action: 'api_key.revoked', target: revoked.id };
          if (revokedAt === null) await recordEvent(tenant, event);
          return revoked;
        });
        return { body: showKey(key, new Date()) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/.well-known/defendablecloud/secret-pattern.json',
      operationId: 'getSecretPattern',
      summary: 'What a secret scanner looks for',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: z.strictObject({ pattern: z.string(), checksum: z.string() }),
      status: 200,
      refuses: [],
      handle: () =>
        Promise.resolve({
          body: {
            pattern: secretPattern,
            checksum: 'The last six characters are the CRC-32 (IEEE) of what is before them, in base62 (0-9A-Za-z).',
          },
          headers: { 'Cache-Control': 'public, max-age=3600' },
        }),
    }),
  ];
}
