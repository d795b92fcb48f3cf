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
