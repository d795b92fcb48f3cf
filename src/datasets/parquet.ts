import { parquetMetadataAsync } from 'hyparquet';
import type { ObjectStore } from '../adapters/object-store.js';

/** A footer larger than this is none that a table of ours needs. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
/** More than this many times its size is a bomb, not a table. */
const MAX_EXPANSION = 100;
const MAX_UNPACKED_BYTES = 64 * 1024 ** 3;
const MAGIC = 'PAR1';

/** What a Parquet file says of itself. */
export interface ParquetFacts {
  readonly rows: number;
  readonly columns: readonly string[];
}

/** Reads the footer alone, by range: what it says, or why the file is not taken. Never unpacks a page. */
export async function readParquet(
  objects: ObjectStore,
  key: string,
  size: number,
): Promise<ParquetFacts | { readonly fault: string }> {
  if (size < 12) return { fault: 'is too short for Parquet' };
  const tail = await objects.readRange(key, size - 8, size);
  if (tail.toString('latin1', 4) !== MAGIC) return { fault: 'does not end like Parquet' };
  const footer = tail.readUInt32LE(0);
  if (footer > Math.min(MAX_FOOTER_BYTES, size - 12)) return { fault: `names a footer of ${String(footer)} bytes` };
  try {
    const metadata = await parquetMetadataAsync({
      byteLength: size,
      slice: async (start, end = size) => Uint8Array.from(await objects.readRange(key, start, end)).buffer,
    });
    const unpacked = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
    if (unpacked > MAX_UNPACKED_BYTES || unpacked > size * MAX_EXPANSION)
      return { fault: `would unpack to ${String(unpacked)} bytes` };
    const columns = metadata.schema.filter(({ num_children }) => num_children === undefined).map(({ name }) => name);
    return { rows: Number(metadata.num_rows), columns };
  } catch (error) {
    return { fault: `has a footer that cannot be read: ${error instanceof Error ? error.message : 'unknown'}` };
  }
}
