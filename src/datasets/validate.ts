import { createRequire } from 'node:module';
import { z } from 'zod';
import { ObjectConflict, type ObjectStore } from '../adapters/object-store.js';
import { findPersonalData } from '../checks/built-ins/personal-data.js';
import { findSecrets } from '../checks/built-ins/secrets.js';
import { Refusal, type Fault } from '../kernel/refusals.js';
import { incomingKey, objectKey, textSha256, type DatasetPackage, type PackageFile } from './package.js';
import { readParquet } from './parquet.js';
import type { Sample } from './store.js';

/** The SPDX licence list. */
const licenceIds = new Set(z.array(z.string()).parse(createRequire(import.meta.url)('spdx-license-ids')));

/** What is wrong with a package as it is written, before any byte is read. */
export function faultsOf(given: DatasetPackage, samples: readonly Sample[]): readonly Fault[] {
  const { licence, files, fields } = given;
  const names = files.map(({ name }) => name.toLowerCase());
  const known = new Set(fields.map(({ name }) => name));
  return [
    ...(textSha256(licence.text) === licence.text_sha256
      ? []
      : [fault('/licence/text_sha256', 'digest', 'is not the digest of the text')]),
    ...(licence.id.startsWith('LicenseRef-') || licenceIds.has(licence.id)
      ? []
      : [fault('/licence/id', 'licence', 'is not of the SPDX list; name it LicenseRef-… and send its text')]),
    ...(new Set(names).size === names.length ? [] : [fault('/files', 'duplicate', 'has two files of one name')]),
    ...samples.flatMap((row, at) => [
      ...Object.keys(row)
        .filter((name) => !known.has(name))
        .map((name) => fault(`/samples/${String(at)}/${name}`, 'unknown_field', 'is no field of the schema')),
      ...personalFaults(row, `/samples/${String(at)}`),
    ]),
  ];
}

function personalFaults(row: Sample, path: string): readonly Fault[] {
  const text = JSON.stringify(row);
  return [
    ...findPersonalData(text).map(({ kind, masked }) => fault(path, 'personal_data', `holds ${kind}: ${masked}`)),
    ...(findSecrets(text).length > 0 ? [fault(path, 'secret', 'holds what looks like a live secret')] : []),
  ];
}

/**
 * Takes the bytes of a package from where staff put them to where their digest names them. The storage computes the
 * digest of what it wrote, so a manifest that says another is refused. Safe to repeat: what is there is not written again.
 */
export async function takeFiles(objects: ObjectStore, given: DatasetPackage): Promise<void> {
  const faults = await Promise.all(
    given.files.map((file, at) => takeFile(objects, given, file, `/files/${String(at)}`)),
  );
  requireNone(faults.flat());
}

async function takeFile(
  objects: ObjectStore,
  { fields }: DatasetPackage,
  file: PackageFile,
  path: string,
): Promise<readonly Fault[]> {
  const { sha256, size, media_type, records } = file;
  const key = objectKey(sha256);
  if (!(await objects.head(key))) {
    if (!(await objects.head(incomingKey(sha256)))) return [fault(path, 'missing', 'was not uploaded')];
    try {
      await objects.copyVerified(incomingKey(sha256), key, sha256);
    } catch (error) {
      if (!(error instanceof ObjectConflict)) throw error;
      return [fault(`${path}/sha256`, 'digest', 'is not the digest of the uploaded bytes')];
    }
  }
  const stored = await objects.head(key);
  if (stored?.size !== size) return [fault(`${path}/size`, 'size', `is not ${String(stored?.size)}`)];
  if (media_type !== 'application/vnd.apache.parquet') return [];
  const facts = await readParquet(objects, key, size);
  if ('fault' in facts) return [fault(path, 'parquet', facts.fault)];
  const wanted = fields.map(({ name }) => name).sort();
  return [
    ...(facts.rows === records ? [] : [fault(`${path}/records`, 'records', `is not ${String(facts.rows)}`)]),
    ...(facts.columns.toSorted().join() === wanted.join() ? [] : [fault(path, 'schema', 'has other columns')]),
  ];
}

export function requireNone(faults: readonly Fault[]): void {
  if (faults.length > 0)
    throw new Refusal('invalid_package', 'The package is not accepted.', { errors: faults.slice(0, 50) });
}

const fault = (path: string, code: string, message: string): Fault => ({ path, code, message });
