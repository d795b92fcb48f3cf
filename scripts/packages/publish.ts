import { createReadStream } from 'node:fs';
import type { ObjectStore } from '../../src/adapters/object-store.js';
import type { Database } from '../../src/db/database.js';
import { incomingKey, objectKey } from '../../src/datasets/package.js';
import { publishPackage } from '../../src/datasets/store.js';
import { faultsOf, requireNone, takeFiles } from '../../src/datasets/validate.js';
import { recordCatalogEvent } from '../../src/staging/store.js';
import type { BuiltPackage } from './build.js';

/** Uploads and publishes what was built. Safe to repeat: bytes that are there are not sent, and a version stays. */
export async function publishBuilt(
  { database, objects }: { readonly database: Database; readonly objects: ObjectStore },
  built: BuiltPackage,
): Promise<void> {
  const { package: given, samples, paths } = built;
  requireNone(faultsOf(given, samples));
  for (const { name, sha256, media_type } of given.files)
    if (!(await objects.head(objectKey(sha256))))
      await objects.putStream(incomingKey(sha256), createReadStream(paths.get(name) ?? ''), media_type);
  await takeFiles(objects, given);
  await database.system(async (system) => {
    await publishPackage(system, given, samples);
    await recordCatalogEvent(system, {
      actor: 'operator',
      action: 'dataset.published',
      kind: 'dataset',
      slug: given.slug,
      version: given.version,
      digest: null,
      because: null,
      requestId: 'npm run datasets',
    });
  });
  for (const { sha256 } of given.files) await objects.remove(incomingKey(sha256));
}
