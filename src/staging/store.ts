import { raw } from 'objection';
import type { System } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { PageQuery } from '../http/paging.js';
import { CatalogEventRow, StagingRow } from './model.js';
import type { StagedKind } from './schema.js';

export interface Staging {
  readonly id: string;
  readonly kind: StagedKind;
  readonly slug: string;
  readonly version: string;
  readonly digest: string;
  readonly document: unknown;
  readonly state: 'staged' | 'published' | 'discarded';
  readonly stagedBy: string;
  readonly publishedBy: string | null;
}
type NewStaging = Pick<Staging, 'kind' | 'slug' | 'version' | 'digest' | 'document' | 'stagedBy'>;

/** Keeps a document for publication. Safe to repeat: the same content is the same staging. */
export async function insertStaging({ trx }: System, staging: NewStaging): Promise<Staging> {
  await StagingRow.query(trx)
    .insert({ id: newId('staging'), ...staging })
    .onConflict(['kind', 'slug', 'version', 'digest'])
    .ignore();
  const { kind, slug, version, digest } = staging;
  return StagingRow.query(trx).findOne({ kind, slug, version, digest }).throwIfNotFound();
}

export async function findStaging({ trx }: System, id: string): Promise<Staging | undefined> {
  return StagingRow.query(trx).findById(id);
}

/** Locks a staging for its publication: two publications follow each other, and the second finds it published. */
export async function lockStaging({ trx }: System, id: string): Promise<Staging | undefined> {
  return StagingRow.query(trx).findById(id).forUpdate();
}

export async function markPublished({ trx }: System, id: string, by: string): Promise<Staging> {
  return StagingRow.query(trx)
    .patchAndFetchById(id, { state: 'published', publishedBy: by, publishedAt: raw('now()') })
    .throwIfNotFound();
}

export interface CatalogEvent {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly kind: StagedKind;
  readonly slug: string;
  readonly version: string;
  readonly digest: string | null;
  readonly because: string | null;
  readonly requestId: string;
}

/** Appends to the trail of the catalogs, in the transaction of the write it tells of. */
export async function recordCatalogEvent({ trx }: System, event: Omit<CatalogEvent, 'id' | 'at'>): Promise<void> {
  await CatalogEventRow.query(trx).insert({ id: newId('event'), ...event });
}

export async function listCatalogEvents(
  { trx }: System,
  { limit, after }: PageQuery,
): Promise<readonly CatalogEvent[]> {
  const query = CatalogEventRow.query(trx);
  if (after) void query.whereRaw('(at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}
