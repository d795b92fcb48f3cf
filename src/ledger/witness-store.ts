import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { CosignatureRow, PolicyRow, PublicationRow, WitnessedRow, WitnessRow } from './model.js';
import { NO_WITNESSES, parsePolicy, reachesQuorum, type WitnessPolicy } from './policy.js';
import { findCheckpoint, findPublishedCheckpoint, type StoredCheckpoint } from './store.js';

/** *Logged*: under a checkpoint that the log signed. *Witnessed*: one that a quorum of others cosigned too. */
export type Grade = 'logged' | 'witnessed';

/** Writes down the policy in force. Safe to repeat: the newest configuration stands. */
export async function keepPolicy({ trx }: System, logId: string, text: string): Promise<void> {
  await PolicyRow.query(trx).insert({ logId, text }).onConflict('log_id').merge();
}

export async function findPolicy(trx: Knex, logId: string): Promise<WitnessPolicy> {
  const row = await PolicyRow.query(trx).where({ logId }).first();
  return parsePolicy(row?.text ?? NO_WITNESSES);
}

export interface WitnessState {
  readonly witness: string;
  /** The size it last cosigned, as far as we know. */
  readonly size: number;
  readonly fault: string | null;
}
export async function listWitnessStates(trx: Knex, logId: string): Promise<readonly WitnessState[]> {
  return WitnessRow.query(trx).where({ logId }).orderBy('witness');
}

/** What the last request to a witness came to. Safe to repeat: the row is the latest answer. */
export async function recordWitness({ trx }: System, logId: string, state: WitnessState): Promise<void> {
  await WitnessRow.query(trx)
    .insert({ logId, ...state, askedAt: new Date() })
    .onConflict(['log_id', 'witness'])
    .merge();
}

export interface Cosignature {
  readonly witness: string;
  /** The signature line, with its newline. */
  readonly line: string;
  readonly cosignedAt: Date;
}
/** Keeps a cosignature that was checked. Safe to repeat: the first of a witness for a size stands. */
export async function keepCosignature(
  { trx }: System,
  logId: string,
  size: number,
  cosignature: Cosignature,
): Promise<void> {
  await CosignatureRow.query(trx)
    .insert({ logId, size, ...cosignature })
    .onConflict(['log_id', 'size', 'witness'])
    .ignore();
}

export async function listCosignatures(trx: Knex, logId: string, size: number): Promise<readonly Cosignature[]> {
  return CosignatureRow.query(trx).where({ logId, size }).orderBy('witness');
}

/** Moves the witnessed size on, never back. Called when the cosignatures of a size make a quorum. */
export async function recordWitnessed({ trx }: System, logId: string, size: number): Promise<void> {
  await WitnessedRow.query(trx).insert({ logId, size }).onConflict('log_id').ignore();
  await WitnessedRow.query(trx).where({ logId }).where('size', '<', size).patch({ size });
  await trx.raw('notify ledger_grown');
}

/** A checkpoint with the cosignatures it has, under its best grade. */
export interface GradedCheckpoint extends StoredCheckpoint {
  readonly grade: Grade;
}

/**
 * The newest checkpoint of a grade, cosignatures appended to its note; undefined while there is none. What is proven
 * under a logged checkpoint can be proven again under a later witnessed one: the leaf stays, the proof grows.
 */
export async function findGraded(trx: Knex, logId: string, grade: Grade): Promise<GradedCheckpoint | undefined> {
  if (grade === 'logged') {
    const logged = await findPublishedCheckpoint(trx, logId);
    return logged && withCosignatures(trx, logId, logged);
  }
  const witnessed = await WitnessedRow.query(trx).where({ logId }).first();
  const checkpoint = witnessed && (await findCheckpoint(trx, logId, witnessed.size));
  return checkpoint && withCosignatures(trx, logId, checkpoint);
}

/** A published checkpoint of exactly this size. */
export async function findGradedAt(trx: Knex, logId: string, size: number): Promise<GradedCheckpoint | undefined> {
  const published = await PublicationRow.query(trx).where({ logId }).first();
  if (!published || published.publishedSize < size) return undefined;
  const checkpoint = await findCheckpoint(trx, logId, size);
  return checkpoint && withCosignatures(trx, logId, checkpoint);
}

async function withCosignatures(trx: Knex, logId: string, checkpoint: StoredCheckpoint): Promise<GradedCheckpoint> {
  const { size, root, note, signedAt } = checkpoint;
  const lines = await listCosignatures(trx, logId, size);
  const policy = await findPolicy(trx, logId);
  const seen = new Set(lines.map(({ witness }) => witness));
  const grade = policy.quorum !== 'none' && reachesQuorum(policy, seen) ? 'witnessed' : 'logged';
  return { size, root, signedAt, grade, note: note + lines.map(({ line }) => line).join('') };
}
