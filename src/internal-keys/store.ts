import type { Knex } from 'knex';
import { raw } from 'objection';
import { z } from 'zod';
import { internalScopes, type Internal, type InternalScope } from '../auth/actor.js';
import { drawSecret, hintOf, type SecretHashes } from '../auth/secret.js';
import type { Database } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { InternalKeyRow } from './model.js';

export interface InternalKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly InternalScope[];
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const keySchema = z.object({
  rows: z.array(z.object({ key_id: z.string(), scopes: z.array(z.enum(internalScopes)) })),
});

/** The internal key of a secret, in one statement; undefined when it is unknown, expired or revoked. */
export async function readInternalKey(
  { knex }: Database,
  hashes: SecretHashes,
  secret: string,
): Promise<Internal | undefined> {
  const bindings = [[...hashes.digests(secret)]];
  const row = keySchema.parse(await knex.raw('select * from internal_key_now(?)', bindings)).rows[0];
  return row && { kind: 'internal', keyId: row.key_id, scopes: row.scopes };
}

/**
 * Makes an internal key and returns its secret, which is shown once. With the owner's connection only: no request can
 * make one. Several with the same scopes may live at once, so a rotation has an overlap.
 */
export async function createInternalKey(
  owner: Knex,
  hashes: SecretHashes,
  key: { readonly name: string; readonly scopes: readonly InternalScope[]; readonly expiresAt: Date | null },
): Promise<{ readonly id: string; readonly secret: string }> {
  const secret = drawSecret(key.scopes.every((scope) => scope === 'runner:claim') ? 'runner' : 'internal');
  const id = newId('internalKey');
  await InternalKeyRow.query(owner).insert({
    id,
    name: key.name,
    scopes: [...key.scopes],
    hint: hintOf(secret),
    digest: hashes.digests(secret)[0],
    pepperVersion: hashes.version,
    expiresAt: key.expiresAt,
  });
  return { id, secret };
}

export async function listInternalKeys(owner: Knex): Promise<readonly InternalKey[]> {
  return InternalKeyRow.query(owner).orderBy('createdAt');
}

/** Ends an internal key at once; false when there is no such key. */
export async function revokeInternalKey(owner: Knex, id: string): Promise<boolean> {
  const changed = await InternalKeyRow.query(owner)
    .where({ id })
    .patch({ revokedAt: raw('coalesce(revoked_at, now())') });
  return changed > 0;
}
