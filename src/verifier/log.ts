import { NoteFault, openCheckpoint, type Checkpoint } from '../ledger/note.js';
import { verifyConsistency } from '../ledger/proof.js';
import { tilePath, tilesBetween, type TileRef } from '../ledger/tiles.js';
import {
  appendLeaf,
  consistencyRanges,
  edgeRoot,
  HASH_BYTES,
  leafHash,
  rangeHash,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilesOf,
  type RightEdge,
} from '../ledger/tree.js';
import { malformed, VerifierFault } from './fault.js';
import type { LogSource } from './source.js';
import type { Trust } from './trust.js';

export interface SignedHead extends Checkpoint {
  readonly note: string;
}

/** The checkpoint a log shows, signed by a key that is believed for its name. */
export async function readHead(source: LogSource, trust: Trust): Promise<SignedHead> {
  const bytes = await source('checkpoint');
  if (!bytes) throw new VerifierFault('io', 'the log shows no checkpoint');
  return openHead(bytes.toString('utf8'), trust);
}

export function openHead(note: string, { logs }: Trust): SignedHead {
  const origin = note.slice(0, Math.max(0, note.indexOf('\n')));
  const keys = logs.filter(({ name }) => name === origin);
  if (keys.length === 0) throw new VerifierFault('untrusted', `no key of the log ${origin} is trusted (--trust)`);
  const faults: string[] = [];
  for (const key of keys) {
    try {
      return { ...openCheckpoint(note, key), note };
    } catch (error) {
      if (!(error instanceof NoteFault)) throw error;
      faults.push(error.message);
    }
  }
  throw new VerifierFault('invalid', `the checkpoint does not verify: ${faults.join('; ')}`);
}

/** C2SP tlog-tiles: splits an entry bundle; every length must fit, and the count must be what the tile has. */
export function splitBundle(bundle: Buffer, count: number): readonly Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + 2 > bundle.length) malformed('an entry bundle ends inside a length');
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) malformed('an entry bundle ends inside an entry');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries.length === count
    ? entries
    : malformed(`an entry bundle has ${String(entries.length)} entries, not ${String(count)}`);
}

/** Recomputes the log from its entries alone and holds every tile and the signed root against it. */
export async function fsck(
  source: LogSource,
  head: Checkpoint,
  keep: (path: string, bytes: Buffer) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly entries: number; readonly tiles: number }> {
  const leaves: Buffer[] = [];
  const levels: Buffer[][] = [leaves];
  let edge: RightEdge = { size: 0, hashes: [] };
  const seen = new Set<string>();
  const refs = tilesBetween(0, head.size);
  for (const ref of refs.filter(({ level }) => level === 'entries')) {
    const path = tilePath(ref);
    const bundle = await requireObject(source, path);
    for (const entry of splitBundle(bundle, ref.count)) {
      const hash = leafHash(entry);
      const name = hash.toString('base64');
      if (seen.has(name)) throw new VerifierFault('invalid', `entry ${String(edge.size)} stands in the log twice`);
      seen.add(name);
      leaves.push(hash);
      const appended = appendLeaf(edge, hash);
      edge = appended.edge;
      for (const { level, hash: root } of appended.completed)
        if (level % TILE_HEIGHT === 0) (levels[level / TILE_HEIGHT] ??= []).push(root);
    }
    await keep(path, bundle);
  }
  if (!edgeRoot(edge).equals(head.root))
    throw new VerifierFault('invalid', `the entries do not give the root signed for size ${String(head.size)}`);
  for (const ref of refs.filter(({ level }) => level !== 'entries')) await keepTile(source, ref, levels, keep);
  return { entries: edge.size, tiles: refs.length };
}

async function keepTile(
  source: LogSource,
  ref: TileRef,
  levels: readonly (readonly Buffer[])[],
  keep: (path: string, bytes: Buffer) => Promise<void>,
): Promise<void> {
  const path = tilePath(ref);
  const start = ref.tile * TILE_WIDTH;
  const expected = Buffer.concat(levels[Number(ref.level)]?.slice(start, start + ref.count) ?? []);
  const bytes = await requireObject(source, path);
  if (!bytes.equals(expected)) throw new VerifierFault('invalid', `${path} is not what the entries give`);
  await keep(path, bytes);
}

async function requireObject(source: LogSource, path: string): Promise<Buffer> {
  const bytes = await source(path);
  if (!bytes) throw new VerifierFault('invalid', `${path} is missing, though the checkpoint covers it`);
  return bytes;
}

/** Whether a log continues what it showed before. The proof is built from its tiles and held against both signed roots. */
export async function continues(source: LogSource, before: Checkpoint, now: Checkpoint): Promise<void> {
  if (now.size < before.size)
    throw new VerifierFault('invalid', `the log went back from ${String(before.size)} to ${String(now.size)} entries`);
  const ranges = before.size === 0 || before.size === now.size ? [] : consistencyRanges(before.size, now.size);
  const tiles = new Map<string, Buffer>();
  for (const { level, tile } of tilesOf(ranges)) {
    const width = Math.floor(now.size / TILE_WIDTH ** level) - tile * TILE_WIDTH;
    const bytes = await requireObject(source, tilePath({ level, tile, count: Math.min(TILE_WIDTH, width) }));
    tiles.set(`${String(level)}/${String(tile)}`, bytes);
  }
  const lookup = (level: number, index: number): Buffer => {
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    const bytes = tiles.get(`${String(level)}/${String(Math.floor(index / TILE_WIDTH))}`);
    const hash = bytes?.subarray(at, at + HASH_BYTES);
    return hash?.length === HASH_BYTES ? hash : malformed('a tile is shorter than its width');
  };
  const proof = ranges.map((range) => rangeHash(range, lookup));
  if (!verifyConsistency(proof, before.size, now.size, before.root, now.root))
    throw new VerifierFault(
      'invalid',
      `the log of ${String(now.size)} entries does not continue that of ${String(before.size)}`,
    );
}
