import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { ArtifactRow } from './model.js';

/** A file that an attempt made. Its key names the attempt and the digest, so that no upload can replace another. */
export interface Artifact {
  readonly id: string;
  readonly orgId: string;
  readonly cookId: string;
  readonly attempt: number;
  readonly kind: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly objectKey: string;
  readonly verifiedAt: Date | null;
}

/** Safe to repeat: the same name of an attempt is one row, with what was declared last, until it is verified. */
export async function grantArtifact(
  tenant: Tenant,
  artifact: Omit<Artifact, 'orgId' | 'verifiedAt'>,
): Promise<Artifact> {
  const { kind, size, sha256, mediaType, objectKey } = artifact;
  await ArtifactRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...artifact })
    .onConflict(['cook_id', 'attempt', 'name'])
    .merge({ kind, size, sha256, mediaType, objectKey })
    .where('cook_artifacts.verified_at', null);
  return ArtifactRow.query(tenant.trx)
    .findOne({ orgId: tenant.orgId, cookId: artifact.cookId, attempt: artifact.attempt, name: artifact.name })
    .throwIfNotFound();
}

export async function listArtifacts(tenant: Tenant, cookId: string): Promise<readonly Artifact[]> {
  return ArtifactRow.query(tenant.trx).where({ orgId: tenant.orgId, cookId }).orderBy(['attempt', 'name']);
}

export async function findArtifact(tenant: Tenant, cookId: string, id: string): Promise<Artifact | undefined> {
  return ArtifactRow.query(tenant.trx).findOne({ orgId: tenant.orgId, cookId, id });
}

/** The storage has these bytes: from here on they are the attempt's. */
export async function markVerified(tenant: Tenant, ids: readonly string[]): Promise<void> {
  await ArtifactRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn('id', [...ids])
    .patch({ verifiedAt: raw('coalesce(verified_at, now())') });
}
