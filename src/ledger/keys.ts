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
}

/** Publishes a key before it signs anything. Safe to repeat: a key that is known stays as it is. */
export async function registerKey({ trx }: System, key: Omit<SigningKey, 'validFrom' | 'validTo'>): Promise<void> {
  await SigningKeyRow.query(trx).insert(key).onConflict('key_id').ignore();
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

/** The key that checks a log's notes; undefined until the log's signer has registered. */
export async function findLogVerifier(trx: Knex, logId: string): Promise<NoteVerifier | undefined> {
  const row = await SigningKeyRow.query(trx).where({ logId, purpose: 'log' }).orderBy('validFrom', 'desc').first();
  return row && { name: logId, publicKey: createPublicKey(row.publicKey) };
}

/** Every key that ever signed a log's notes: while one takes over from another, either is good. */
export async function listLogVerifiers(trx: Knex, logId: string): Promise<readonly NoteVerifier[]> {
  const rows = await SigningKeyRow.query(trx).where({ logId, purpose: 'log' }).orderBy('validFrom', 'desc');
  return rows.map((row) => ({ name: logId, publicKey: createPublicKey(row.publicKey) }));
}
