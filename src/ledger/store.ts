import type { Knex } from 'knex';
import type { System } from '../db/database.js';
import { CheckpointRow, HeadRow, LeafRow, PendingRow, PublicationRow, SubtreeRow } from './model.js';
import { chainNext, chainSeed, leafId } from './entry.js';
import {
  appendLeaf,
  edgeRoot,
  emptyRoot,
  HASH_BYTES,
  leafHash,
  parseEdge,
  rangeHash,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilesOf,
  type LeafRange,
} from './tree.js';

/** At most this many leaves are integrated by one transaction. */
const BATCH = 4096;

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

/**
 * Gives the next pending leaves their places. The lock on the head row lets one sequencer work at a time; a crash
 * before the commit leaves everything pending, and the unique leaf id keeps an entry from standing twice.
 */
export async function sequence({ trx }: System, logId: string): Promise<LedgerHead> {
  const head = await HeadRow.query(trx).where({ logId }).forUpdate().first();
  if (!head) throw new Error(`sequence: there is no log ${logId}`);
  if (head.pausedReason !== null) return head;
  const pending = await PendingRow.query(trx).where({ logId }).orderBy('seq').limit(BATCH);
  if (pending.length === 0) return head;
  let edge = parseEdge(head.size, head.rightEdge);
  let chain = head.chain;
  const leaves: object[] = [];
  const subtrees: object[] = [];
  for (const item of pending) {
    const hash = leafHash(item.entry);
    chain = chainNext(chain, hash);
    const { entry, receiptId, kind, orgAlias } = item;
    leaves.push({
      logId,
      idx: edge.size,
      leafId: item.leafId,
      leafHash: hash,
      chain,
      entry,
      receiptId,
      kind,
      orgAlias,
    });
    const appended = appendLeaf(edge, hash);
    edge = appended.edge;
    for (const { level, index, hash: root } of appended.completed) {
      if (level % TILE_HEIGHT === 0) subtrees.push({ logId, level: level / TILE_HEIGHT, idx: index, hash: root });
    }
  }
  await trx.batchInsert('ledger_leaf', leaves, 500);
  if (subtrees.length > 0) await trx.batchInsert('ledger_subtree', subtrees, 500);
  await PendingRow.query(trx)
    .where({ logId })
    .whereIn(
      'leafId',
      pending.map((item) => item.leafId),
    )
    .delete();
  const next = {
    size: edge.size,
    root: edgeRoot(edge),
    chain,
    rightEdge: Buffer.concat([...edge.hashes]),
    epoch: head.epoch + 1,
  };
  await HeadRow.query(trx).where({ logId }).patch(next);
  await trx.raw('notify ledger_grown');
  return { ...next, pausedReason: null };
}

export async function findHead(trx: Knex, logId: string): Promise<LedgerHead | undefined> {
  return HeadRow.query(trx).where({ logId }).first();
}

/** Stops minting and sequencing until a person has looked. */
export async function pauseLog({ trx }: System, logId: string, reason: string): Promise<void> {
  await HeadRow.query(trx).where({ logId }).patch({ pausedReason: reason });
}

export async function resumeLog({ trx }: System, logId: string): Promise<void> {
  await HeadRow.query(trx).where({ logId }).patch({ pausedReason: null });
}

export async function findLeafOfReceipt(trx: Knex, receiptId: string): Promise<Leaf | undefined> {
  return LeafRow.query(trx).where({ receiptId }).first();
}

/** Leaves from an index on, in order. */
export async function readLeaves(trx: Knex, logId: string, from: number, limit: number): Promise<readonly Leaf[]> {
  return LeafRow.query(trx).where({ logId }).where('idx', '>=', from).orderBy('idx').limit(limit);
}

export interface LedgerFilter {
  readonly orgAlias: string | undefined;
  readonly kind: string | undefined;
  readonly before: number | undefined;
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

/** Every checkpoint ever signed, by size. */
export async function listCheckpoints(trx: Knex, logId: string): Promise<readonly StoredCheckpoint[]> {
  return CheckpointRow.query(trx).where({ logId }).orderBy('size');
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
