import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { CheckpointRow, HeadRow, LeafRow, PendingRow, PublicationRow, SubtreeRow } from './model.js';
import { chainSeed, leafId } from './entry.js';
import { entryBundle, type TileRef } from './tiles.js';
import { emptyRoot, HASH_BYTES, rangeHash, TILE_WIDTH, tilesOf, type LeafRange } from './tree.js';

export interface LedgerHead {
  readonly size: number;
  readonly root: Buffer;
  readonly chain: Buffer;
  readonly epoch: number;
  readonly pausedReason: string | null;
}
export interface PendingLeaf {
  readonly entry: Buffer;
  readonly receiptId: string;
  readonly kind: string;
  readonly orgAlias: string;
}
export interface Leaf extends PendingLeaf {
  readonly idx: number;
  readonly leafHash: Buffer;
  readonly chain: Buffer;
  readonly integratedAt: Date;
}
export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly signedAt: Date;
}

/** Makes the one head row of a log. Safe to repeat: a log that exists stays as it is. */
export async function createLog({ trx }: System, logId: string): Promise<void> {
  const head = { logId, size: 0, root: emptyRoot(), chain: chainSeed(logId), rightEdge: Buffer.alloc(0), epoch: 0 };
  await HeadRow.query(trx).insert(head).onConflict('log_id').ignore();
  await PublicationRow.query(trx).insert({ logId, publishedSize: 0 }).onConflict('log_id').ignore();
}

/** Queues a leaf in the transaction that made it. Safe to repeat: the same bytes are the same leaf. */
export async function queueLeaf(trx: Knex.Transaction, logId: string, leaf: PendingLeaf): Promise<void> {
  const { entry, receiptId, kind, orgAlias } = leaf;
  await PendingRow.query(trx)
    .insert({ logId, leafId: leafId(entry), entry, receiptId, kind, orgAlias })
    .onConflict(['log_id', 'leaf_id'])
    .ignore();
  await trx.raw('notify ledger_pending');
}

export async function findHead(trx: Knex, logId: string): Promise<LedgerHead | undefined> {
  return HeadRow.query(trx).where({ logId }).first();
}

/** Lets minting and sequencing go on, after a person has looked. A frozen log stays frozen. */
export async function resumeLog({ trx }: System, logId: string): Promise<void> {
  await HeadRow.query(trx).where({ logId }).whereNull('frozenAt').patch({ pausedReason: null });
}

/** Stops minting and sequencing until a person has looked. */
export async function pauseLog({ trx }: System, logId: string, reason: string): Promise<void> {
  await HeadRow.query(trx).where({ logId }).patch({ pausedReason: reason });
}

/** The leaf of a receipt, in whichever log it stands: the public one, one frozen before it, or the sandboxes'. */
export async function findLeafOfReceipt(
  trx: Knex,
  receiptId: string,
): Promise<(Leaf & { readonly logId: string }) | undefined> {
  return LeafRow.query(trx).where({ receiptId }).first();
}

/** A leaf by the SHA-256 of its entry, in hex. */
export async function findLeafByDigest(trx: Knex, logId: string, digest: string): Promise<Leaf | undefined> {
  return LeafRow.query(trx).where({ logId, leafId: digest }).first();
}

/** Leaves from an index on, in order. */
export async function readLeaves(trx: Knex, logId: string, from: number, limit: number): Promise<readonly Leaf[]> {
  return LeafRow.query(trx).where({ logId }).where('idx', '>=', from).orderBy('idx').limit(limit);
}

export interface LedgerFilter {
  readonly orgAlias: string | undefined;
  readonly kind: string | undefined;
  readonly before: number | undefined;
  /** Integrated at this time or later, and before that one. */
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/** Leaves newest first, for the public view. */
export async function listLeaves(
  trx: Knex,
  logId: string,
  filter: LedgerFilter,
  limit: number,
): Promise<readonly Leaf[]> {
  const query = LeafRow.query(trx).where({ logId });
  if (filter.orgAlias !== undefined) void query.where({ orgAlias: filter.orgAlias });
  if (filter.kind !== undefined) void query.where({ kind: filter.kind });
  if (filter.before !== undefined) void query.where('idx', '<', filter.before);
  if (filter.since !== undefined) void query.where('integratedAt', '>=', filter.since);
  if (filter.until !== undefined) void query.where('integratedAt', '<', filter.until);
  return query.orderBy('idx', 'desc').limit(limit);
}

/** Up to 256 hashes of one tile: leaf hashes at level 0, roots of full tiles below from there. */
export async function readTile(
  trx: Knex,
  logId: string,
  level: number,
  tile: number,
  count = TILE_WIDTH,
): Promise<readonly Buffer[]> {
  const from = tile * TILE_WIDTH;
  if (level === 0) {
    const rows = await LeafRow.query(trx)
      .where({ logId })
      .where('idx', '>=', from)
      .where('idx', '<', from + count)
      .orderBy('idx')
      .select('leafHash');
    return rows.map((row) => row.leafHash);
  }
  const rows = await SubtreeRow.query(trx)
    .where({ logId, level })
    .where('idx', '>=', from)
    .where('idx', '<', from + count)
    .orderBy('idx')
    .select('hash');
  return rows.map(({ hash }) => hash);
}

/** The bytes of a tile or bundle as they are published: a pure function of the leaves. */
export async function readTileObject(trx: Knex, logId: string, { level, tile, count }: TileRef): Promise<Buffer> {
  if (level !== 'entries') return Buffer.concat([...(await readTile(trx, logId, level, tile, count))]);
  const leaves = await readLeaves(trx, logId, tile * TILE_WIDTH, count);
  return entryBundle(leaves.map(({ entry }) => entry));
}

/** The hashes of some ranges of a log, from its tiles. */
export async function readRanges(trx: Knex, logId: string, ranges: readonly LeafRange[]): Promise<readonly Buffer[]> {
  const tiles = new Map<string, readonly Buffer[]>();
  for (const { level, tile } of tilesOf(ranges))
    tiles.set(`${String(level)}/${String(tile)}`, await readTile(trx, logId, level, tile));
  const lookup = (level: number, index: number): Buffer => {
    const hash = tiles.get(`${String(level)}/${String(Math.floor(index / TILE_WIDTH))}`)?.[index % TILE_WIDTH];
    if (hash?.length !== HASH_BYTES)
      throw new Error(`readRanges: hash ${String(level)}/${String(index)} is not stored`);
    return hash;
  };
  return ranges.map((range) => rangeHash(range, lookup));
}

/** Keeps a signed checkpoint. One root per size for ever: the first note stands and is handed back. */
export async function keepCheckpoint(
  { trx }: System,
  logId: string,
  checkpoint: { size: number; root: Buffer; note: string },
): Promise<StoredCheckpoint> {
  await CheckpointRow.query(trx)
    .insert({ logId, ...checkpoint })
    .onConflict(['log_id', 'size'])
    .ignore();
  const kept = await CheckpointRow.query(trx).where({ logId, size: checkpoint.size }).first();
  if (!kept?.root.equals(checkpoint.root))
    throw new Error(`keepCheckpoint: two roots for size ${String(checkpoint.size)}`);
  return kept;
}

/** The newest checkpoint that is also in object storage; undefined while there is none. */
export async function findPublishedCheckpoint(trx: Knex, logId: string): Promise<StoredCheckpoint | undefined> {
  const published = PublicationRow.query(trx).where({ logId }).select('publishedSize');
  return CheckpointRow.query(trx).where({ logId }).where('size', '<=', published).orderBy('size', 'desc').first();
}

export async function findLatestCheckpoint(trx: Knex, logId: string): Promise<StoredCheckpoint | undefined> {
  return CheckpointRow.query(trx).where({ logId }).orderBy('size', 'desc').first();
}

export async function findCheckpoint(trx: Knex, logId: string, size: number): Promise<StoredCheckpoint | undefined> {
  return CheckpointRow.query(trx).where({ logId, size }).first();
}

/** Signed checkpoints of at least a size, the smallest first. */
export async function listCheckpointsFrom(
  trx: Knex,
  logId: string,
  from: number,
  limit: number,
): Promise<readonly StoredCheckpoint[]> {
  return CheckpointRow.query(trx).where({ logId }).where('size', '>=', from).orderBy('size').limit(limit);
}

/** Signed checkpoints larger than `after` and up to a size, the smallest first. */
export async function listCheckpointsBetween(
  trx: Knex,
  logId: string,
  after: number,
  to: number,
): Promise<readonly StoredCheckpoint[]> {
  return CheckpointRow.query(trx).where({ logId }).where('size', '>', after).where('size', '<=', to).orderBy('size');
}

export interface Publication {
  readonly publishedSize: number;
  readonly s3Etag: string | null;
}
export async function findPublication(trx: Knex, logId: string): Promise<Publication> {
  const row = await PublicationRow.query(trx).where({ logId }).first();
  return row ?? { publishedSize: 0, s3Etag: null };
}

/** Moves the published size on, never back: a slower publisher changes nothing. */
export async function recordPublication({ trx }: System, logId: string, size: number, etag: string): Promise<void> {
  await PublicationRow.query(trx)
    .where({ logId })
    .where('publishedSize', '<=', size)
    .patch({ publishedSize: size, s3Etag: etag });
  await trx.raw('notify ledger_grown');
}
