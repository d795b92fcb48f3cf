import type { Knex } from 'knex';
import { listLogVerifiers } from '../ledger/keys.js';
import { isSignedBy, type NoteVerifier } from '../ledger/note.js';
import { findLeafOfReceipt, findPublishedCheckpoint, readRanges } from '../ledger/store.js';
import { inclusionRanges } from '../ledger/tree.js';
import type { LoggedReceipt } from './bundle.js';
import type { Receipt } from './store.js';

/** A receipt with its proof under the newest published checkpoint. */
export interface ProvenReceipt {
  /** Name of the log that the receipt stands in. */
  readonly logId: string;
  readonly logged: LoggedReceipt;
  readonly log: NoteVerifier;
  readonly treeSize: number;
  readonly integratedAt: Date;
}

/** Proves a receipt; undefined while its leaf is not under a published checkpoint. */
export async function proveReceipt(knex: Knex, receipt: Receipt): Promise<ProvenReceipt | undefined> {
  const leaf = await findLeafOfReceipt(knex, receipt.id);
  if (!leaf) return undefined;
  const { logId } = leaf;
  const checkpoint = await findPublishedCheckpoint(knex, logId);
  if (!checkpoint || checkpoint.size <= leaf.idx) return undefined;
  // The newest key may be published before it signs: what counts is the one under this checkpoint.
  const log = (await listLogVerifiers(knex, logId)).find((verifier) => isSignedBy(checkpoint.note, verifier));
  if (!log) throw new Error(`proveReceipt: no published key signed checkpoint ${String(checkpoint.size)} of ${logId}`);
  const hashes = await readRanges(knex, logId, inclusionRanges(leaf.idx, checkpoint.size));
  const { payload, signature, keyId } = receipt;
  return {
    logId,
    logged: { payload, signature, keyId, entry: leaf.entry, index: leaf.idx, hashes, checkpoint: checkpoint.note },
    log,
    treeSize: checkpoint.size,
    integratedAt: leaf.integratedAt,
  };
}
