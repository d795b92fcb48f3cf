import type { Knex } from 'knex';
import { z } from 'zod';
import type { System } from '../db/database.js';
import { CheckpointRow, HeadRow, LeafRow, PendingRow, PublicationRow, SubtreeRow } from './model.js';
import { chainNext, chainSeed, leafId } from './entry.js';
import { entryBundle, type TileRef } from './tiles.js';
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

/** A pending leaf as it is read for its place; `stands` when the log has it already. */
const pendingRows = z.object({
  rows: z.array(
    z.object({ seq: z.number(), leaf_id: z.string(), entry: z.instanceof(Buffer), stands: z.boolean() }).loose(),
  ),
});

/**
 * Gives the next pending leaves their places. The lock on the head row lets one sequencer work at a time; a crash
 * before the commit leaves everything pending, and an entry that has a place already is dropped, not placed again.
 */
export async function sequence({ trx }: System, logId: string, limit = BATCH): Promise<LedgerHead> {
  const head = await HeadRow.query(trx).where({ logId }).forUpdate().first();
  if (!head) throw new Error(`sequence: there is no log ${logId}`);
  if (head.pausedReason !== null) return head;
  const pending = await trx.raw<unknown>(
    `SELECT seq, leaf_id, entry, EXISTS (
       SELECT 1 FROM ledger_leaf AS leaf WHERE leaf.log_id = pending.log_id AND leaf.leaf_id = pending.leaf_id) AS stands
     FROM ledger_pending AS pending WHERE log_id = ? ORDER BY seq LIMIT ?`,
    [logId, limit],
  );
  const { rows } = pendingRows.parse(pending);
  if (rows.length === 0) return head;
  const fresh = rows.filter(({ stands }) => !stands);
  const known = rows.filter(({ stands }) => stands).map(({ seq }) => seq);
  if (known.length > 0) await PendingRow.query(trx).where({ logId }).whereIn('seq', known).delete();
  if (fresh.length === 0) return head;
  const placed = place(head, fresh);
  await trx.raw(PLACE, [logId, placed.seqs, placed.indexes, placed.hashes, placed.chains, placed.seqs]);
  if (placed.subtrees.length > 0)
    await trx.batchInsert(
      'ledger_subtree',
      placed.subtrees.map((subtree) => ({ logId, ...subtree })),
      500,
    );
  const { edge, chain } = placed;
  const next = { size: edge.size, root: edgeRoot(edge), chain, epoch: head.epoch + 1 };
  await HeadRow.query(trx)
    .where({ logId })
    .patch({ ...next, rightEdge: Buffer.concat([...edge.hashes]) });
  await trx.raw('notify ledger_grown');
  return { ...next, pausedReason: null };
}

/** Moves leaves from the queue to the log in one statement; their entries don't travel again. */
const PLACE = `WITH taken AS (DELETE FROM ledger_pending WHERE log_id = ? AND seq = ANY(?::bigint[]) RETURNING *)
  INSERT INTO ledger_leaf (log_id, idx, leaf_id, leaf_hash, chain, entry, receipt_id, kind, org_alias)
  SELECT taken.log_id, placed.idx, taken.leaf_id, placed.leaf_hash, placed.chain, taken.entry, taken.receipt_id,
         taken.kind, taken.org_alias
  FROM unnest(?::bigint[], ?::bytea[], ?::bytea[]) WITH ORDINALITY AS placed (idx, leaf_hash, chain, nth)
  JOIN unnest(?::bigint[]) WITH ORDINALITY AS queued (seq, nth) USING (nth)
  JOIN taken USING (seq) ORDER BY placed.idx`;

/** Hashes leaves into their places behind a head: the right edge is all of the tree that it takes. */
function place(head: HeadRow, leaves: readonly { readonly seq: number; readonly entry: Buffer }[]) {
  let edge = parseEdge(head.size, head.rightEdge);
  let { chain } = head;
  const [seqs, indexes, hashes, chains]: [number[], number[], Buffer[], Buffer[]] = [[], [], [], []];
  const subtrees: { readonly level: number; readonly idx: number; readonly hash: Buffer }[] = [];
  for (const { seq, entry } of leaves) {
    const hash = leafHash(entry);
    chain = chainNext(chain, hash);
    seqs.push(seq);
    indexes.push(edge.size);
    hashes.push(hash);
    chains.push(chain);
    const appended = appendLeaf(edge, hash);
    edge = appended.edge;
    for (const { level, index, hash: root } of appended.completed)
      if (level % TILE_HEIGHT === 0) subtrees.push({ level: level / TILE_HEIGHT, idx: index, hash: root });
  }
  return { edge, chain, seqs, indexes, hashes, chains, subtrees };
}

export async function findHead(trx: Knex, logId: string): Promise<LedgerHead | undefined> {
  return HeadRow.query(trx).where({ logId }).first();
}

/** Lets minting and sequencing go on, after a person has looked. */
export async function resumeLog({ trx }: System, logId: string): Promise<void> {
  await HeadRow.query(trx).where({ logId }).patch({ pausedReason: null });
}

/**
 * Puts leaves that were published once at the front of the queue, before whatever waits there. What is known of their
 * receipts is taken from the receipts where they are still there; the leaf itself says nothing about them.
 */
export async function queueAgain(
  { trx }: System,
  logId: string,
  leaves: readonly { readonly entry: Buffer; readonly leafId: string }[],
): Promise<void> {
  const ids = leaves.map((leaf) => leaf.leafId);
  await PendingRow.query(trx).where({ logId }).whereIn('leafId', ids).delete();
  await trx.raw(
    `INSERT INTO ledger_pending (log_id, leaf_id, entry, receipt_id, kind, org_alias, seq)
     SELECT ?, given.leaf_id, given.entry, coalesce(receipt.id, ''), coalesce(receipt.kind, 'restored'), '',
            given.nth - ? + coalesce((SELECT min(seq) FROM ledger_pending), 0)
     FROM unnest(?::text[], ?::bytea[]) WITH ORDINALITY AS given (leaf_id, entry, nth)
     LEFT JOIN receipts AS receipt ON receipt.leaf_id = given.leaf_id`,
    [logId, leaves.length + 1, ids, leaves.map(({ entry }) => entry)],
  );
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
