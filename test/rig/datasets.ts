import { createHash } from 'node:crypto';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { incomingKey, textSha256, type DatasetPackage, type PackageFile } from '../../src/datasets/package.js';
import { publishPackage, type Sample } from '../../src/datasets/store.js';
import { takeFiles } from '../../src/datasets/validate.js';
import type { Rig } from './rig.js';

export const LICENCE_TEXT = 'Do what you like with it, and say where it came from.';
export const LICENCE_SHA256 = textSha256(LICENCE_TEXT);
const text = 'As generated for a test.';

/** Bytes of a small table in a format that a package may have. */
export function table(format: 'parquet' | 'jsonl', rows: number): Buffer {
  const ids = Array.from({ length: rows }, (_, id) => id);
  if (format === 'jsonl')
    return Buffer.from(ids.map((id) => `${JSON.stringify({ id, word: `w${String(id)}` })}\n`).join(''));
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: ids, type: 'INT32' },
        { name: 'word', data: ids.map((id) => `w${String(id)}`), type: 'STRING' },
      ],
    }),
  );
}

export function fileOf(name: string, bytes: Buffer, records: number): PackageFile {
  return {
    name,
    media_type: name.endsWith('.jsonl') ? 'application/jsonl' : 'application/vnd.apache.parquet',
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    records,
    split: 'train',
  };
}

/** A package that is accepted; parts of it may be replaced. */
export const packageOf = (changes: Partial<DatasetPackage> & Pick<DatasetPackage, 'slug'>): DatasetPackage => ({
  version: '1.0.0',
  title: `Words of ${changes.slug}`,
  summary: text,
  released_on: '2026-11-01',
  issuer: 'Tests',
  licence: {
    id: 'CC-BY-4.0',
    url: 'https://creativecommons.org/licenses/by/4.0/',
    text: LICENCE_TEXT,
    text_sha256: LICENCE_SHA256,
    forbids: [],
    attribution: null,
  },
  tier: 'member',
  tasks: ['text-classification'],
  languages: ['en'],
  sensitive_personal: 'no',
  files: [fileOf('words.jsonl', table('jsonl', 20), 20)],
  fields: [
    { name: 'id', type: 'integer', description: 'Number.' },
    { name: 'word', type: 'text', description: 'Word.' },
  ],
  provenance: {
    source: { title: text, unique_id: text, metadata_location: text, issuer: text, description: text },
    provenance: {
      source_metadata: text,
      source: text,
      origin_geography: text,
      issued_on: '2026-11-01',
      previous_issued_on: null,
      generation_period: text,
      generation_method: text,
      data_format: text,
    },
    use: {
      confidentiality: 'public',
      consent: text,
      privacy_enhancing_tools: text,
      processing_geography_allowed: text,
      processing_geography_excluded: text,
      storage_geography_allowed: text,
      storage_geography_excluded: text,
      licence: text,
      intended_use: text,
    },
  },
  quality: [],
  known_biases: ['None are known, for it is generated.'],
  intended_use: ['Tests.'],
  forbidden_use: ['Anything else.'],
  ...changes,
});

/** Puts bytes where staff puts them. */
export const upload = (rig: Rig, file: PackageFile, bytes: Buffer): Promise<void> =>
  rig.evidenceObjects.putOnce(incomingKey(file.sha256), bytes, file.media_type);

/** Publishes a package whose bytes are given by file name, as the staging of a deployment does. */
export async function publish(
  rig: Rig,
  given: DatasetPackage,
  bytes: Readonly<Record<string, Buffer>> = { 'words.jsonl': table('jsonl', 20) },
  samples: readonly Sample[] = [{ id: 0, word: 'w0' }],
): Promise<void> {
  for (const file of given.files) await upload(rig, file, bytes[file.name] ?? Buffer.alloc(0));
  await takeFiles(rig.evidenceObjects, given);
  await rig.database.system((system) => publishPackage(system, given, samples));
}
