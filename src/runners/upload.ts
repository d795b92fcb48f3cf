import { createHash } from 'node:crypto';
import { grantArtifact, type Artifact } from '../artifacts/store.js';
import type { ObjectStore } from '../adapters/object-store.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { directiveOf, requireLive, withLease, type Claimed, type RunnerDeps } from './lease.js';
import type { UploadBody, uploadView } from './schema.js';
import type { z } from 'zod';

/** Short enough that a leaked link is soon worth nothing; a runner asks again. */
const LINK_SECONDS = 300;

/**
 * Grants the upload of one artifact: a pre-signed link for these bytes under this key and nothing else. The key names
 * the attempt and the digest, so a stale runner can never put other bytes in the place of an accepted artifact.
 */
export async function grantUpload(
  deps: RunnerDeps,
  claimed: Claimed,
  body: UploadBody,
): Promise<z.input<typeof uploadView>> {
  const { kind, name, size, sha256, media_type: mediaType } = body;
  const { artifact, directive } = await withLease(deps, claimed, async (held) => {
    await requireLive(held);
    const { tenant, cook, attempt } = held;
    const objectKey = `cooks/${tenant.orgId}/${cook.id}/${String(attempt.attempt)}/${sha256}`;
    const granted = await grantArtifact(tenant, {
      id: newId('artifact'),
      cookId: cook.id,
      attempt: attempt.attempt,
      kind,
      name,
      size,
      sha256,
      mediaType,
      objectKey,
    });
    return { artifact: granted, directive: directiveOf(held) };
  });
  const seconds = LINK_SECONDS;
  const { objectKey: key } = artifact;
  const link = await deps.evidenceObjects.signUpload({ key, size, sha256, contentType: mediaType, seconds });
  return {
    artifact_id: artifact.id,
    method: 'PUT',
    ...link,
    headers: { ...link.headers },
    expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
    directive,
  };
}

/** Compares what lies in storage with what was declared: size and digest, the digest by reading where none is kept. */
export async function requireStored(
  objects: ObjectStore,
  { name, size, sha256, objectKey }: Pick<Artifact, 'name' | 'size' | 'sha256' | 'objectKey'>,
): Promise<void> {
  const present = await objects.head(objectKey);
  if (!present) throw new Refusal('artifact_unverified', `The artifact ${name} was not uploaded.`);
  const digest = present.sha256 ?? (await digestOf(objects, objectKey));
  if (present.size !== size || digest !== sha256)
    throw new Refusal('artifact_unverified', `The artifact ${name} differs in storage.`);
}

async function digestOf(objects: ObjectStore, key: string): Promise<string | undefined> {
  const object = await objects.read(key);
  if (!object) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of object.body) if (chunk instanceof Uint8Array) hash.update(chunk);
  return hash.digest('hex');
}
