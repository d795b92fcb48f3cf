import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { endKeysOf } from './keys.js';
import { HeadRow, PendingRow } from './model.js';
import { isSandboxLog } from './sandbox-log.js';
import { findLatestCheckpoint, findPublication, type StoredCheckpoint } from './store.js';

/** A log that takes no more leaves, with the last checkpoint it will ever have. */
export interface FrozenLog {
  readonly logId: string;
  readonly frozenAt: Date;
  readonly checkpoint: StoredCheckpoint;
}

/**
 * Freezes a log for good: no leaf comes after its last checkpoint, and its keys end. Waits for mints that are under way,
 * and refuses while a leaf is queued or a checkpoint is owed. Safe to repeat: the first freezing stands.
 */
export async function freezeLog(system: System, logId: string, at: Date): Promise<FrozenLog> {
  const { trx } = system;
  // First the head, then the queue: the order in which a sequencer takes them.
  const head = await HeadRow.query(trx).where({ logId }).forUpdate().first();
  if (!head) throw new Error(`There is no log ${logId}.`);
  if (head.frozenAt === null) {
    await trx.raw('LOCK TABLE ledger_pending IN SHARE MODE');
    const queued = await PendingRow.query(trx).where({ logId }).resultSize();
    const { publishedSize } = await findPublication(trx, logId);
    if (head.size === 0) throw new Error(`The log ${logId} is empty: there is nothing to freeze.`);
    if (queued > 0 || publishedSize < head.size)
      throw new Error(`The log ${logId} is not at rest: ${String(queued)} leaves wait. Let its sequencer finish.`);
    await HeadRow.query(trx).where({ logId }).patch({ frozenAt: at, pausedReason: 'frozen: the next log goes on' });
    await endKeysOf(system, logId, at);
  }
  return withCheckpoint(trx, logId, head.frozenAt ?? at);
}

/** The logs before the present one, the oldest first; what sandboxes tried out is not among them. */
export async function listFrozenLogs(trx: Knex): Promise<readonly FrozenLog[]> {
  const heads = await HeadRow.query(trx).whereNotNull('frozenAt').orderBy('frozenAt');
  const logs: FrozenLog[] = [];
  for (const { logId, frozenAt } of heads)
    if (frozenAt !== null && !isSandboxLog(logId)) logs.push(await withCheckpoint(trx, logId, frozenAt));
  return logs;
}

async function withCheckpoint(trx: Knex, logId: string, frozenAt: Date): Promise<FrozenLog> {
  const checkpoint = await findLatestCheckpoint(trx, logId);
  if (!checkpoint) throw new Error(`withCheckpoint: ${logId} was frozen without a checkpoint`);
  return { logId, frozenAt, checkpoint };
}
