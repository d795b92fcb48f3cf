import { readBytes } from '../adapters/object-store.js';
import type { System } from '../db/database.js';
import { requireHead, type AuditParts } from './audit-store.js';
import { leafId } from './entry.js';
import { listLogVerifiers } from './keys.js';
import { openCheckpoint } from './note.js';
import { queueAgain, sequence } from './sequence-store.js';
import { keepCheckpoint, recordPublication, resumeLog } from './store.js';
import { readBundle, tilePath } from './tiles.js';
import { TILE_WIDTH } from './tree.js';

/** The published log could not be taken back: what is in storage is not what was signed. */
export class RebuildFault extends Error {
  override readonly name = 'RebuildFault';
}

/**
 * Takes back the leaves that a restored database lacks, from the published bundles. Whatever waits in the queue keeps its
 * place behind them. All in one transaction, and only if the tree that comes out is the one that was signed; safe to
 * repeat, since a log that lacks nothing is left as it is.
 */
export async function rebuildLog({ database, objects, logId }: AuditParts): Promise<{ readonly restored: number }> {
  const stored = await readBytes(objects, 'checkpoint');
  if (!stored) throw new RebuildFault('nothing was published of this log');
  const verifiers = await listLogVerifiers(database.knex, logId);
  const note = stored.bytes.toString('utf8');
  const { size, root } = openCheckpoint(note, ...verifiers);
  return database.system(async (system) => {
    const before = await requireHead(system.trx, logId);
    if (before.size >= size) return { restored: 0 };
    await resumeLog(system, logId);
    await takeBack(system, { objects, logId }, before.size, size);
    const after = await requireHead(system.trx, logId);
    if (after.size !== size || !after.root.equals(root))
      throw new RebuildFault('the published entries do not give the tree that was signed');
    await keepCheckpoint(system, logId, { size, root, note });
    await recordPublication(system, logId, size, stored.etag);
    return { restored: size - before.size };
  });
}

async function takeBack(
  system: System,
  { objects, logId }: Omit<AuditParts, 'database'>,
  from: number,
  size: number,
): Promise<void> {
  for (let tile = Math.floor(from / TILE_WIDTH); tile * TILE_WIDTH < size; tile += 1) {
    const count = Math.min(TILE_WIDTH, size - tile * TILE_WIDTH);
    const path = tilePath({ level: 'entries', tile, count });
    const bundle = await readBytes(objects, path);
    if (!bundle) throw new RebuildFault(`${path} is not in storage`);
    const entries = readBundle(bundle.bytes).slice(Math.max(0, from - tile * TILE_WIDTH));
    await queueAgain(
      system,
      logId,
      entries.map((entry) => ({ entry, leafId: leafId(entry) })),
    );
    await sequence(system, logId, entries.length);
  }
}
