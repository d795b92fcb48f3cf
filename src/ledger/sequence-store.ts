import { z } from 'zod';
import type { System } from '../db/database.js';
import { chainNext } from './entry.js';
import { HeadRow, PendingRow } from './model.js';
import type { LedgerHead } from './store.js';
import { appendLeaf, edgeRoot, leafHash, parseEdge, TILE_HEIGHT } from './tree.js';

/** At most this many leaves are integrated by one transaction. */
const BATCH = 4096;

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
  const { rows } = pendingRows.parse(
    await trx.raw(
      `SELECT seq, leaf_id, entry, EXISTS (
       SELECT 1 FROM ledger_leaf AS leaf WHERE leaf.log_id = pending.log_id AND leaf.leaf_id = pending.leaf_id) AS stands
     FROM ledger_pending AS pending WHERE log_id = ? ORDER BY seq LIMIT ?`,
      [logId, limit],
    ),
  );
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
