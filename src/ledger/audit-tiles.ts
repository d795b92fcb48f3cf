import { readBytes } from '../adapters/object-store.js';
import { findSubtree, type AuditParts } from './audit-store.js';
import { findCheckpoint, readTileObject, type Leaf } from './store.js';
import { entryBundle, readBundle, tilePath, tilesBetween, type TileRef } from './tiles.js';
import { NoteFault, readCheckpointBody, readNote } from './note.js';
import { HASH_BYTES, TILE_WIDTH } from './tree.js';
import type { LedgerFault, LogReplay } from './verify.js';

/** Objects of the upper levels that are read at a time. */
const AT_ONCE = 8;

/** Holds the published bundles and the tiles of leaf hashes against these leaves, byte for byte. */
export async function checkEntryTiles(
  { objects }: AuditParts,
  { leaves, at, treeSize }: { readonly leaves: readonly Leaf[]; readonly at: number; readonly treeSize: number },
  faults: LedgerFault[],
): Promise<number> {
  const checks: Promise<void>[] = [];
  for (let offset = 0; offset < leaves.length && at + offset < treeSize; offset += TILE_WIDTH) {
    const tile = (at + offset) / TILE_WIDTH;
    const inTile = leaves.slice(offset, offset + Math.min(TILE_WIDTH, treeSize - at - offset));
    const ref = { tile, count: inTile.length };
    const bundle = entryBundle(inTile.map(({ entry }) => entry));
    const hashes = Buffer.concat(inTile.map(({ leafHash }) => leafHash));
    checks.push(compare(objects, { ...ref, level: 'entries' }, bundle, faults));
    checks.push(compare(objects, { ...ref, level: 0 }, hashes, faults));
  }
  await Promise.all(checks);
  return checks.length;
}

/** The tiles above the leaf hashes: the rows against the recomputed roots, the objects against the rows. */
export async function checkUpperTiles(
  { database, objects, logId }: AuditParts,
  { replay, from, treeSize }: { readonly replay: LogReplay; readonly from: number; readonly treeSize: number },
  faults: LedgerFault[],
): Promise<number> {
  for (const { level, index, hash } of replay.completed) {
    const stored = await findSubtree(database.knex, logId, level, index);
    if (stored?.equals(hash)) continue;
    const [first, width] = [index * TILE_WIDTH ** level, TILE_WIDTH ** level];
    const leafIsBad = replay.faults.some((fault) => fault.index !== null && Math.floor(fault.index / width) === index);
    const detail = `the stored root of tile ${String(level - 1)}/${String(index)} is not that of its leaves`;
    if (!leafIsBad) faults.push({ code: 'subtree', index: first, detail });
  }
  const upper = tilesBetween(from, treeSize).filter(({ level }) => level !== 'entries' && level > 0);
  for (let i = 0; i < upper.length; i += AT_ONCE) {
    const some = upper.slice(i, i + AT_ONCE);
    await Promise.all(
      some.map(async (ref) => compare(objects, ref, await readTileObject(database.knex, logId, ref), faults)),
    );
  }
  return upper.length;
}

/** The published checkpoint is one of those that were signed here. */
export async function checkPublishedCheckpoint(
  { database, objects, logId }: AuditParts,
  signedSize: number,
  faults: LedgerFault[],
): Promise<void> {
  const published = await readBytes(objects, 'checkpoint');
  if (!published && signedSize === 0) return;
  const note = published?.bytes.toString('utf8') ?? '';
  const size = sizeOf(note);
  const signed = size === undefined ? undefined : await findCheckpoint(database.knex, logId, size);
  if (signed?.note === note) return;
  faults.push({ code: 'published', index: null, detail: 'the published checkpoint was not signed here' });
}

function sizeOf(note: string): number | undefined {
  try {
    return readCheckpointBody(readNote(note).body).size;
  } catch (error) {
    if (error instanceof NoteFault) return undefined;
    throw error;
  }
}

async function compare(
  objects: AuditParts['objects'],
  ref: TileRef,
  expected: Buffer,
  faults: LedgerFault[],
): Promise<void> {
  const stored = await readBytes(objects, tilePath(ref));
  if (stored?.bytes.equals(expected)) return;
  faults.push({
    code: 'tile',
    index: stored ? firstDifferent(ref, stored.bytes, expected) : firstLeaf(ref, 0),
    detail: `${tilePath(ref)} is ${stored ? 'different' : 'missing'} in storage`,
  });
}

/** The first leaf under the n-th hash or entry of a tile. */
const firstLeaf = ({ level, tile }: TileRef, nth: number): number =>
  (tile * TILE_WIDTH + nth) * TILE_WIDTH ** (level === 'entries' ? 0 : level);

function firstDifferent(ref: TileRef, stored: Buffer, expected: Buffer): number {
  if (ref.level !== 'entries') {
    const at = expected.findIndex((byte, i) => stored[i] !== byte);
    return firstLeaf(ref, at < 0 ? ref.count : Math.floor(at / HASH_BYTES));
  }
  let end = 0;
  const entries = readBundle(expected);
  const nth = entries.findIndex((entry) => {
    const start = end;
    end += 2 + entry.length;
    return !stored.subarray(start, end).equals(expected.subarray(start, end));
  });
  return firstLeaf(ref, nth < 0 ? ref.count : nth);
}
