import { createPublicKey } from 'node:crypto';
import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { SigningKeyRow } from './model.js';
import type { NoteVerifier } from './note.js';
import { isSandboxLog } from './sandbox-log.js';

export interface SigningKey {
  readonly keyId: string;
  readonly purpose: 'receipt' | 'log' | 'log_mldsa';
  /** The log a log key signs for; null for receipt keys, but for the one whose receipts only reach the sandboxes' log. */
  readonly logId: string | null;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  readonly vkey: string | null;
  readonly validFrom: Date;
  readonly validTo: Date | null;
  /** Why its time ended; null while it signs, or when a successor took over. */
  readonly endedAs?: 'retired' | 'compromised' | null;
}
/** A key before it is published. */
export type NewKey = Omit<SigningKey, 'validFrom' | 'validTo' | 'endedAs'>;

/**
 * Publishes a key before it signs anything. Safe to repeat: a key that is known stays as it is. One whose time has ended
 * is refused: what it would sign, nobody should believe.
 */
export async function registerKey({ trx }: System, key: NewKey): Promise<void> {
  await SigningKeyRow.query(trx).insert(key).onConflict('key_id').ignore();
  const { validTo } = await SigningKeyRow.query(trx).findById(key.keyId).throwIfNotFound();
  if (validTo !== null)
    throw new Error(`The key ${key.keyId} ended at ${validTo.toISOString()}: configure another one.`);
}

/**
 * Ends the time of a key: from now on it signs nothing, and what it signed before stays good, but for a compromised one.
 * Safe to repeat: the first end stands. The last key of its purpose and log is not ended before there is another.
 */
export async function endKey({ trx }: System, keyId: string, as: 'retired' | 'compromised', at: Date): Promise<Date> {
  const key = await SigningKeyRow.query(trx).findById(keyId);
  if (!key || isOfSandbox(key)) throw new Error(`There is no key ${keyId}; see GET /ledger/keys.`);
  if (key.validTo !== null) return key.validTo;
  const { purpose, logId } = key;
  const others = await SigningKeyRow.query(trx).where({ purpose, logId }).whereNull('validTo').resultSize();
  if (others < 2) throw new Error(`${keyId} is the only key of its kind: start with its successor first.`);
  await SigningKeyRow.query(trx).findById(keyId).patch({ validTo: at, endedAs: as });
  return at;
}

/** Ends the time of every key of a log that takes no more leaves. */
export async function endKeysOf({ trx }: System, logId: string, at: Date): Promise<void> {
  await SigningKeyRow.query(trx).where({ logId }).whereNull('validTo').patch({ validTo: at });
}

/** The keys of the public log and its receipts, the oldest first. */
export async function listKeys(trx: Knex): Promise<readonly SigningKey[]> {
  return (await SigningKeyRow.query(trx).orderBy('validFrom')).filter((key) => !isOfSandbox(key));
}

/** The keys of what sandboxes try out, which nobody is asked to trust. */
export async function listSandboxKeys(trx: Knex): Promise<readonly SigningKey[]> {
  return (await SigningKeyRow.query(trx).orderBy('validFrom')).filter(isOfSandbox);
}

const isOfSandbox = ({ logId }: SigningKey): boolean => logId !== null && isSandboxLog(logId);

/** Every key that ever signed a log's notes: while one takes over from another, either is good. */
export async function listLogVerifiers(trx: Knex, logId: string): Promise<readonly NoteVerifier[]> {
  const rows = await SigningKeyRow.query(trx).where({ logId, purpose: 'log' }).orderBy('validFrom', 'desc');
  return rows.map((row) => ({ name: logId, publicKey: createPublicKey(row.publicKey) }));
}
