import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { ObjectConflict, readBytes, type ObjectStore } from '../src/adapters/object-store.js';
import type { Database } from '../src/db/database.js';
import type { Growth } from '../src/db/listen.js';
import { keepRootSignature, signRoot } from '../src/ledger/cose.js';
import { listLogVerifiers } from '../src/ledger/keys.js';
import { ed25519Signer, openCheckpoint, signWith, type Checkpoint, type CheckpointSigner } from '../src/ledger/note.js';
import {
  findHead,
  findLatestCheckpoint,
  findPublication,
  keepCheckpoint,
  pauseLog,
  readRanges,
  readTileObject,
  recordPublication,
  type LedgerHead,
} from '../src/ledger/store.js';
import { isSandboxLog, sandboxLogId, sandboxLogKey } from '../src/ledger/sandbox-log.js';
import { sequence } from '../src/ledger/sequence-store.js';
import { tilePath, tilesBetween, type TileRef } from '../src/ledger/tiles.js';

/** How long one sequencer activity runs before its workflow starts the next, in milliseconds. */
const TERM_MS = 10 * 60_000;
const IDLE_MS = 1000;
/** Publishing waits at least this long after the one before, so that a burst shares one checkpoint. */
const SPACING_MS = 50;
/** Objects written at a time. Their order doesn't matter: nothing points to them until the checkpoint does. */
const AT_ONCE = 32;

/** The public log, or the one that takes what sandboxes try out. */
export type SequencedLog = 'public' | 'sandbox';

export interface LedgerActivities {
  runSequencer(log?: SequencedLog): Promise<void>;
}
export interface LedgerDeps {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly logId: string;
  readonly logKey: KeyObject;
  /** Sign beside the log's own key: an ML-DSA-44 key, or the key before while one takes over from another. */
  readonly cosigners: readonly CheckpointSigner[];
  /** Wakes when a leaf is queued. */
  readonly queued: Growth;
  readonly termMs?: number;
}
export interface SequencerDeps extends LedgerDeps {
  /** Where the log of the sandboxes is written: nobody is served from there. */
  readonly sandboxObjects: ObjectStore;
}

export function createLedgerActivities(deps: SequencerDeps): LedgerActivities {
  const { termMs = TERM_MS } = deps;
  const logs: Readonly<Record<SequencedLog, LedgerDeps>> = {
    public: deps,
    sandbox: {
      ...deps,
      logId: sandboxLogId(deps.logId),
      logKey: sandboxLogKey(deps.logKey),
      objects: deps.sandboxObjects,
      cosigners: [],
    },
  };
  return {
    /**
     * Integrates queued leaves and publishes what has grown, until its term ends. Safe to run twice at once: the head
     * row's lock orders sequencers, objects are written once, and the checkpoint moves by compare-and-swap.
     */
    async runSequencer(log = 'public') {
      await guardRestore(logs[log]);
      const end = Date.now() + termMs;
      const signal = cancellationSignal();
      await keepSequencing(logs[log], () => Date.now() >= end || signal.aborted, heartbeat);
    },
  };
}

/** The sequencer's loop, outside of Temporal too: integrate, publish, wait for more. */
export async function keepSequencing(
  deps: LedgerDeps,
  over: () => boolean,
  alive: (size: number) => void,
): Promise<void> {
  const { database, logId, queued } = deps;
  while (!over()) {
    const woken = queued.next(IDLE_MS);
    const head = await database.system((system) => sequence(system, logId));
    const published = await publishGrowth(deps, head);
    alive(head.size);
    if (published) await pause(SPACING_MS);
    else await woken;
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A database restored from an old backup would sign a second history: it is found out before anything is signed. */
async function guardRestore(deps: LedgerDeps): Promise<void> {
  const { database, objects, logId } = deps;
  const stored = await readBytes(objects, 'checkpoint');
  if (!stored) return;
  const published = await openPublished(deps, stored.bytes);
  const head = await findHead(database.knex, logId);
  if (head && head.size >= published.size) return;
  const reason = `the published log has ${String(published.size)} entries, the database ${String(head?.size ?? 0)}`;
  await database.system((system) => pauseLog(system, logId, reason));
  throw ApplicationFailure.nonRetryable(
    `The database is older than the ledger: ${reason}. Take the missing leaves back: npm run ledger -- rebuild${isSandboxLog(logId) ? ' --sandbox' : ''}.`,
    'LedgerRestored',
  );
}

/** Publishes objects, then a checkpoint over them; false when there was nothing new. */
export async function publishGrowth(deps: LedgerDeps, head: LedgerHead): Promise<boolean> {
  const { database, logId } = deps;
  const { publishedSize, s3Etag } = await findPublication(database.knex, logId);
  if (head.size <= publishedSize || head.pausedReason !== null) return false;
  try {
    const refs = tilesBetween(publishedSize, head.size);
    for (let i = 0; i < refs.length; i += AT_ONCE)
      await Promise.all(refs.slice(i, i + AT_ONCE).map((ref) => publishTile(deps, ref)));
  } catch (error) {
    if (!(error instanceof ObjectConflict)) throw error;
    await database.system((system) => pauseLog(system, logId, error.message));
    throw ApplicationFailure.nonRetryable(`The published ledger differs: ${error.message}.`, 'LedgerForkDetected');
  }
  const note = await checkpointFor(deps, head);
  await replaceCheckpoint(deps, { note, size: head.size, etag: s3Etag });
  return true;
}

async function publishTile({ database, objects, logId }: LedgerDeps, ref: TileRef): Promise<void> {
  await objects.putOnce(tilePath(ref), await readTileObject(database.knex, logId, ref), 'application/octet-stream');
}

/** Opens what storage has as the checkpoint, with any key that ever signed for this log. */
async function openPublished({ database, logId, logKey }: LedgerDeps, bytes: Buffer): Promise<Checkpoint> {
  const own = { name: logId, publicKey: createPublicKey(logKey) };
  return openCheckpoint(bytes.toString('utf8'), own, ...(await listLogVerifiers(database.knex, logId)));
}

/** Signs a checkpoint of the head, once per size, after checking that it continues the last one signed. */
async function checkpointFor(
  { database, logId, logKey, cosigners }: LedgerDeps,
  { size, root }: LedgerHead,
): Promise<string> {
  const last = await findLatestCheckpoint(database.knex, logId);
  if (last && last.size > 0 && last.size <= size) {
    const [again] = await readRanges(database.knex, logId, [{ lo: 0, hi: last.size }]);
    if (!again?.equals(last.root))
      throw ApplicationFailure.nonRetryable('The log no longer holds what was signed.', 'LedgerForkDetected');
  }
  const note = signWith({ origin: logId, size, root }, [ed25519Signer(logId, logKey), ...cosigners]);
  const log = { name: logId, publicKey: createPublicKey(logKey) };
  const kept = await database.system(async (system) => {
    await keepRootSignature(system, logId, size, signRoot(log, root, logKey));
    return keepCheckpoint(system, logId, { size, root, note });
  });
  return kept.note;
}

/** Moves the public checkpoint forward by compare-and-swap; a newer one by another sequencer stays. */
async function replaceCheckpoint(
  deps: LedgerDeps,
  next: { note: string; size: number; etag: string | null },
): Promise<void> {
  const { database, objects, logId } = deps;
  let etag = next.etag;
  for (;;) {
    const written = await objects.replaceIf('checkpoint', Buffer.from(next.note), 'text/plain; charset=utf-8', etag);
    if (written !== undefined) {
      await database.system((system) => recordPublication(system, logId, next.size, written));
      return;
    }
    const present = await readBytes(objects, 'checkpoint');
    if (!present) {
      etag = null;
      continue;
    }
    const { size } = await openPublished(deps, present.bytes);
    if (size >= next.size) {
      await database.system((system) => recordPublication(system, logId, size, present.etag));
      return;
    }
    etag = present.etag;
  }
}
