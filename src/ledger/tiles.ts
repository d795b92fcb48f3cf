import { TILE_WIDTH } from './tree.js';

/** C2SP tlog-tiles: one object to publish; `count` below 256 marks a partial one. */
export interface TileRef {
  readonly level: number | 'entries';
  readonly tile: number;
  readonly count: number;
}

/** C2SP tlog-tiles: x001/x234/067 for tile 1234067. */
function tileNumber(tile: number): string {
  const digits = String(tile).padStart(Math.ceil(String(tile).length / 3) * 3, '0');
  const groups = digits.match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
}

export function tilePath({ level, tile, count }: TileRef): string {
  const suffix = count < TILE_WIDTH ? `.p/${String(count)}` : '';
  return `tile/${String(level)}/${tileNumber(tile)}${suffix}`;
}

/** The largest level that a tree of fewer than 2^53 leaves can have. */
const MAX_LEVEL = 6;

/** Reads the path of a tile back, in its one canonical form; undefined for anything else. */
export function parseTilePath(level: string, path: string): TileRef | undefined {
  const match = /^((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match || !(level === 'entries' || /^[0-9]$/.test(level))) return undefined;
  const tile = Number(match[1]?.replaceAll(/[x/]/g, ''));
  const count = match[2] === undefined ? TILE_WIDTH : Number(match[2]);
  if (!Number.isSafeInteger(tile * TILE_WIDTH) || (match[2] !== undefined && count >= TILE_WIDTH)) return undefined;
  const ref = { level: level === 'entries' ? level : Number(level), tile, count } as const;
  if (typeof ref.level === 'number' && ref.level > MAX_LEVEL) return undefined;
  return tilePath(ref) === `tile/${level}/${path}` ? ref : undefined;
}

/** How many leaves a tree needs for a tile to be as wide as this. */
export function leavesUnder({ level, tile, count }: TileRef): number {
  return (tile * TILE_WIDTH + count) * TILE_WIDTH ** (level === 'entries' ? 0 : level);
}

/** The tiles and bundles that are new or wider in a tree of size `to` than in one of size `from`. */
export function tilesBetween(from: number, to: number): readonly TileRef[] {
  const refs: TileRef[] = [];
  let before = from;
  let after = to;
  for (let level = 0; after > before; level += 1) {
    for (let tile = Math.floor(before / TILE_WIDTH); tile * TILE_WIDTH < after; tile += 1) {
      const count = Math.min(TILE_WIDTH, after - tile * TILE_WIDTH);
      refs.push({ level, tile, count });
      if (level === 0) refs.push({ level: 'entries', tile, count });
    }
    before = Math.floor(before / TILE_WIDTH);
    after = Math.floor(after / TILE_WIDTH);
  }
  return refs;
}

/** C2SP tlog-tiles entry bundle: each entry behind its length in two big-endian bytes. */
export function entryBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > 65_535) throw new Error('entryBundle: an entry is longer than 65,535 bytes');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Reads an entry bundle back; throws a RangeError when its lengths don't add up. */
export function readBundle(bundle: Buffer): readonly Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length;) {
    if (at + 2 > bundle.length) throw new RangeError('readBundle: the bundle ends inside a length');
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) throw new RangeError('readBundle: the bundle ends inside an entry');
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
