import { readBytes, type ObjectStore } from '../adapters/object-store.js';
import type { Database } from '../db/database.js';
import { findLogVerifier } from './keys.js';
import { NoteFault, openCheckpoint } from './note.js';
import { findHead, listCheckpoints, readLeaves, readTile, type StoredCheckpoint } from './store.js';
import { entryBundle, tilePath, tilesBetween, type TileRef } from './tiles.js';
import { TILE_WIDTH } from './tree.js';
import { LogReplay, type LedgerFault } from './verify.js';

const BATCH = 1000;

export interface LedgerReport {
  readonly ok: boolean;
  readonly size: number;
  readonly root: string;
  readonly checkpointSize: number;
  readonly checkedLeaves: number;
  readonly checkedTiles: number;
  readonly checkedSignatures: number;
  readonly faults: readonly LedgerFault[];
  readonly milliseconds: number;
}

/** Recomputes the whole log from its leaf bytes and holds head, checkpoints, signatures and published objects against it. */
export async function auditLedger(database: Database, objects: ObjectStore, logId: string): Promise<LedgerReport> {
  const started = performance.now();
  const head = await findHead(database.knex, logId);
  const checkpoints = await listCheckpoints(database.knex, logId);
  const replay = new LogReplay(logId, new Map(checkpoints.map(({ size, root }) => [size, root])));
  const size = head?.size ?? 0;
  for (let from = 0; from < size; from += BATCH) {
    const leaves = await readLeaves(database.knex, logId, from, Math.min(BATCH, size - from));
    for (const leaf of leaves) replay.add(leaf);
  }
  const faults: LedgerFault[] = [...replay.faults];
  if (head && (replay.edge.size !== head.size || !replay.root.equals(head.root) || !replay.chain.equals(head.chain))) {
    faults.push({ code: 'head', index: null, detail: 'the head is not what the leaves give' });
  }
  for (const missing of replay.unmet()) {
    faults.push({
      code: 'checkpoint',
      index: replay.edge.size,
      detail: `a checkpoint of size ${String(missing)} was signed; those leaves are gone`,
    });
  }
  const last = checkpoints.at(-1);
  const signed = await checkSignatures(database, logId, checkpoints, faults);
  const tiles = last ? await checkPublished({ database, objects, logId, last }, faults) : 0;
  return {
    ok: faults.length === 0 && (last?.size ?? 0) <= size,
    size,
    root: replay.root.toString('base64'),
    checkpointSize: last?.size ?? 0,
    checkedLeaves: replay.edge.size,
    checkedTiles: tiles,
    checkedSignatures: signed,
    faults: faults.slice(0, 20),
    milliseconds: Math.round(performance.now() - started),
  };
}

async function checkSignatures(
  database: Database,
  logId: string,
  checkpoints: readonly StoredCheckpoint[],
  faults: LedgerFault[],
): Promise<number> {
  const verifier = await findLogVerifier(database.knex, logId);
  if (!verifier) {
    if (checkpoints.length > 0)
      faults.push({ code: 'signature', index: null, detail: 'the key of the log is not published' });
    return 0;
  }
  for (const { note, size, root } of checkpoints) {
    try {
      const opened = openCheckpoint(note, verifier);
      if (opened.origin === logId && opened.size === size && opened.root.equals(root)) continue;
      faults.push({ code: 'signature', index: null, detail: `the note of size ${String(size)} says something else` });
    } catch (error) {
      if (!(error instanceof NoteFault)) throw error;
      faults.push({ code: 'signature', index: null, detail: `the note of size ${String(size)}: ${error.message}` });
    }
  }
  return checkpoints.length;
}

/** Every tile and bundle that the newest checkpoint covers must be in storage, byte for byte, and so must the checkpoint. */
async function checkPublished(
  {
    database,
    objects,
    logId,
    last,
  }: { database: Database; objects: ObjectStore; logId: string; last: StoredCheckpoint },
  faults: LedgerFault[],
): Promise<number> {
  const refs = tilesBetween(0, last.size);
  for (const ref of refs) {
    const stored = await readBytes(objects, tilePath(ref));
    if (stored?.bytes.equals(await expected(database, logId, ref))) continue;
    faults.push({
      code: 'tile',
      index: typeof ref.level === 'number' && ref.level > 0 ? null : ref.tile * TILE_WIDTH,
      detail: `${tilePath(ref)} is ${stored ? 'different' : 'missing'} in storage`,
    });
  }
  const checkpoint = await readBytes(objects, 'checkpoint');
  const known =
    checkpoint !== undefined &&
    (await listCheckpoints(database.knex, logId)).some(({ note }) => checkpoint.bytes.equals(Buffer.from(note)));
  if (!known) faults.push({ code: 'published', index: null, detail: 'the published checkpoint was not signed here' });
  return refs.length;
}

async function expected(database: Database, logId: string, { level, tile, count }: TileRef): Promise<Buffer> {
  if (level === 'entries')
    return entryBundle((await readLeaves(database.knex, logId, tile * TILE_WIDTH, count)).map(({ entry }) => entry));
  return Buffer.concat([...(await readTile(database.knex, logId, level, tile, count))]);
}
