import { raw } from 'objection';
import { z } from 'zod';
import { roles, scopes, type Key, type Scope } from '../auth/actor.js';
import type { SecretHashes } from '../auth/secret.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { ApiKeyRow } from './model.js';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly mode: 'live' | 'test';
  /** The sandbox of a test key. */
  readonly actsIn: string | null;
  readonly scopes: readonly Scope[];
  /** Prefix and last four characters; the secret itself is kept nowhere. */
  readonly hint: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly replaces: string | null;
}

const keySchema = z.object({
  rows: z.array(
    z.object({
      key_id: z.string(),
      org_id: z.string(),
      user_id: z.string(),
      role: z.enum(roles),
      scopes: z.array(z.enum(scopes)),
      name: z.string(),
      mode: z.enum(['live', 'test']),
    }),
  ),
});

/**
 * Whom a secret speaks for now, in one statement that also notes its use, at most once a minute. Undefined when it is
 * unknown, expired, revoked, or its maker has left.
 */
export async function readKey({ knex }: Database, hashes: SecretHashes, secret: string): Promise<Key | undefined> {
  const bindings = [[...hashes.digests(secret)], hashes.version];
  const row = keySchema.parse(await knex.raw('select * from key_now(?, ?)', bindings)).rows[0];
  if (!row) return undefined;
  const { key_id: keyId, org_id: orgId, user_id: userId, ...rest } = row;
  return { kind: 'key', keyId, orgId, userId, approver: false, ...rest };
}

export async function insertKey(
  tenant: Tenant,
  key: Pick<ApiKey, 'id' | 'name' | 'mode' | 'actsIn' | 'hint' | 'createdBy' | 'expiresAt' | 'replaces'> & {
    readonly scopes: readonly Scope[];
    readonly digest: string;
    readonly pepperVersion: number;
  },
): Promise<ApiKey> {
  return ApiKeyRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...key, scopes: [...key.scopes] })
    .returning('*');
}

export async function listKeysOf(tenant: Tenant): Promise<readonly ApiKey[]> {
  return ApiKeyRow.query(tenant.trx).where({ orgId: tenant.orgId }).orderBy('createdAt', 'desc').limit(1000);
}

/** Reads a key for change: rotation and revocation of one key pass one at a time. */
export async function lockKey(tenant: Tenant, id: string): Promise<ApiKey> {
  const row = await ApiKeyRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).forUpdate();
  if (!row) throw new Refusal('not_found', 'No such API key.');
  return row;
}

/** Ends a key at once. Safe to repeat: the first time of revocation stands. */
export async function revokeKey(tenant: Tenant, id: string): Promise<ApiKey> {
  const { revokedAt } = await lockKey(tenant, id);
  if (revokedAt === null)
    await ApiKeyRow.query(tenant.trx)
      .where({ id, orgId: tenant.orgId })
      .patch({ revokedAt: raw('now()') });
  return lockKey(tenant, id);
}

/** Lets a key that was replaced live on until a time, never longer than it would have. */
export async function endKeyAt(tenant: Tenant, id: string, at: Date): Promise<void> {
  await ApiKeyRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .patch({ expiresAt: raw('least(coalesce(expires_at, ?), ?)', [at, at]) });
}

/** Ends every key that a person made, when they leave. */
export async function revokeKeysOf(tenant: Tenant, userId: string): Promise<void> {
  await ApiKeyRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, createdBy: userId })
    .whereNull('revokedAt')
    .patch({ revokedAt: raw('now()') });
}
