import type { Tenant } from '../db/database.js';
import { LogChunkRow } from './model.js';

/** A piece of an attempt's log, compressed as the runner sent it. */
export interface LogChunk {
  readonly id: number;
  readonly attempt: number;
  readonly seq: number;
  readonly startByte: number;
  /** Bytes once inflated. */
  readonly size: number;
  readonly sha256: string;
  readonly gzip: Buffer;
}

/** Safe to retry only under the lock of the attempt's cook, which says where the log goes on. */
export async function insertLogChunk(tenant: Tenant, cookId: string, chunk: Omit<LogChunk, 'id'>): Promise<void> {
  await LogChunkRow.query(tenant.trx).insert({ orgId: tenant.orgId, cookId, ...chunk });
}

export async function listLogChunks(
  tenant: Tenant,
  cookId: string,
  afterId: number,
  limit: number,
): Promise<readonly LogChunk[]> {
  return LogChunkRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, cookId })
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit);
}

/** The pieces of one attempt, in order. */
export async function listAttemptLog(tenant: Tenant, cookId: string, attempt: number): Promise<readonly LogChunk[]> {
  return LogChunkRow.query(tenant.trx).where({ orgId: tenant.orgId, cookId, attempt }).orderBy('seq');
}
