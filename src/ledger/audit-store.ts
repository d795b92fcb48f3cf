import type { Knex } from 'knex';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Database, System } from '../db/database.js';
import { AuditRow, LeafRow, SubtreeRow } from './model.js';
import { findHead, readRanges, type LedgerHead } from './store.js';
import { parseEdge, type LeafRange } from './tree.js';
import type { ReplayState } from './verify.js';

/** Where a log lives: its rows, and what was published of them. */
export interface AuditParts {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly logId: string;
}

/** An audit that was written down: what it found, and the state from which the next one can go on. */
export interface StoredAudit {
  readonly id: number;
  readonly mode: 'full' | 'incremental';
  readonly ok: boolean;
  readonly size: number;
  readonly root: Buffer;
  readonly checkpointSize: number;
  /** When every leaf was last recomputed from the first on. */
  readonly fullAt: Date;
  readonly auditedAt: Date;
  readonly report: Readonly<Record<string, unknown>>;
  readonly state: ReplayState;
}

/** Keeps an audit. Safe to repeat: an audit twice is two rows that say the same. */
export async function recordAudit(
  { trx }: System,
  logId: string,
  audit: Omit<StoredAudit, 'id' | 'auditedAt'>,
): Promise<void> {
  const { state, ...rest } = audit;
  const { edge, chain } = state;
  await AuditRow.query(trx).insert({ logId, ...rest, chain, rightEdge: Buffer.concat([...edge.hashes]) });
}

/** The newest audit that found nothing wrong and left nothing out. */
export async function findLastGoodAudit(trx: Knex, logId: string): Promise<StoredAudit | undefined> {
  const row = await AuditRow.query(trx).where({ logId, ok: true }).orderBy('id', 'desc').first();
  return row && toAudit(row);
}

/** Audits newest first. */
export async function listAudits(trx: Knex, logId: string, limit: number): Promise<readonly StoredAudit[]> {
  return (await AuditRow.query(trx).where({ logId }).orderBy('id', 'desc').limit(limit)).map(toAudit);
}

const toAudit = (row: AuditRow): StoredAudit => {
  const { id, mode, ok, size, root, checkpointSize, fullAt, auditedAt, report, chain, rightEdge } = row;
  const state = { edge: parseEdge(size, rightEdge), chain };
  return { id, mode, ok, size, root, checkpointSize, fullAt, auditedAt, report, state };
};

/** The state at a size as the rows have it: taken on trust, for a verification that says so. */
export async function readState(trx: Knex, logId: string, size: number): Promise<ReplayState | undefined> {
  const leaf = await LeafRow.query(trx)
    .where({ logId, idx: size - 1 })
    .first();
  if (!leaf) return undefined;
  const ranges: LeafRange[] = [];
  for (let lo = 0; lo < size;) {
    const width = 2 ** Math.floor(Math.log2(size - lo));
    ranges.push({ lo, hi: lo + width });
    lo += width;
  }
  return { edge: { size, hashes: await readRanges(trx, logId, ranges) }, chain: leaf.chain };
}

/** The stored root of a full tile. */
export async function findSubtree(trx: Knex, logId: string, level: number, index: number): Promise<Buffer | undefined> {
  return (await SubtreeRow.query(trx).where({ logId, level, idx: index }).first())?.hash;
}

export async function requireHead(trx: Knex, logId: string): Promise<LedgerHead> {
  const head = await findHead(trx, logId);
  if (!head) throw new Error(`requireHead: there is no log ${logId}`);
  return head;
}
