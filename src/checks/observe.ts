import { createHash } from 'node:crypto';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Observation } from './inputs.js';
import { activeContent, asUtf8, typeOf } from './sniff.js';

/** Objects read at once: enough to hide the round trips, few enough to hold no more than a head of each. */
const READERS = 4;
/** What is looked at beyond the digest: longer files are hashed whole and read as text not at all. */
const HEAD_BYTES = 1024 * 1024;
/** Text of one audit; a run of many logs is hashed whole and read up to here, in order of its evidence. */
const TEXT_BYTES = 8 * 1024 * 1024;

interface Stored {
  readonly id: string;
  readonly objectKey: string;
  readonly mediaType: string;
  readonly size: number;
}

/** Reads every object again and hashes it; null where the object is gone. `onChunk` is told of progress. */
export async function observe(
  objects: ObjectStore,
  evidence: readonly Stored[],
  onChunk: (id: string) => void,
): Promise<ReadonlyMap<string, Observation | null>> {
  const readable = readableIds(evidence);
  const observed = new Map<string, Observation | null>();
  const waiting = evidence.values();
  const reader = async (): Promise<void> => {
    for (const item of waiting) observed.set(item.id, await observeOne(objects, item, readable.has(item.id), onChunk));
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return observed;
}

/** Which items are read as text: decided by the recorded sizes, so that a replay decides alike. */
function readableIds(evidence: readonly Stored[]): ReadonlySet<string> {
  let left = TEXT_BYTES;
  return new Set(
    evidence.flatMap(({ id, size }) => {
      if (size > HEAD_BYTES || size > left) return [];
      left -= size;
      return [id];
    }),
  );
}

async function observeOne(
  objects: ObjectStore,
  { id, objectKey, mediaType }: Stored,
  isReadable: boolean,
  onChunk: (id: string) => void,
): Promise<Observation | null> {
  const object = await objects.read(objectKey);
  if (!object) return null;
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let kept = 0;
  let size = 0;
  const chunks: AsyncIterable<Uint8Array> = object.body;
  for await (const bytes of chunks) {
    hash.update(bytes);
    size += bytes.length;
    if (kept < HEAD_BYTES) head.push(bytes.subarray(0, HEAD_BYTES - kept));
    kept = Math.min(size, HEAD_BYTES);
    onChunk(id);
  }
  const start = Buffer.concat(head);
  return {
    sha256: hash.digest('hex'),
    sniffedType: typeOf(start, size > HEAD_BYTES),
    text: isReadable && size <= HEAD_BYTES ? (asUtf8(start) ?? null) : null,
    activeContent: activeContent(start, mediaType),
  };
}
