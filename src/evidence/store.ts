import type { Tenant } from '../db/database.js';
import { EvidenceRow } from './model.js';
import type { AttachEvidence } from './schema.js';

export interface Evidence {
  readonly id: string;
  readonly runId: string;
  readonly position: number;
  readonly kind: AttachEvidence['kind'];
  readonly label: string;
  readonly sensitivity: AttachEvidence['sensitivity'];
  readonly source: AttachEvidence['source'];
  readonly capturedAt: Date | null;
  readonly filename: string | null;
  readonly declaredFilename: string | null;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  readonly clientSha256: string | null;
  readonly objectKey: string;
  readonly state: EvidenceRow['state'];
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Safe to repeat under the run's lock: the same bytes in one run are one item, handed back as it is. */
export async function attachOnce(
  tenant: Tenant,
  runId: string,
  item: AttachEvidence,
  createdBy: string,
  at: Date,
): Promise<{ evidence: Evidence; isNew: boolean }> {
  const existing = await EvidenceRow.query(tenant.trx).findOne({ orgId: tenant.orgId, runId, sha256: item.sha256 });
  if (existing) return { evidence: existing, isNew: false };
  const { count } = await EvidenceRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, runId })
    .count('* as count')
    .first()
    .throwIfNotFound()
    .castTo<{ count: number }>();
  const evidence = await EvidenceRow.query(tenant.trx)
    .insert({
      id: item.evidence_id,
      orgId: tenant.orgId,
      runId,
      position: count,
      kind: item.kind,
      label: item.label,
      sensitivity: item.sensitivity,
      source: item.source,
      capturedAt: item.captured_at === undefined ? null : new Date(item.captured_at),
      content: item.content,
      filename: item.filename,
      declaredFilename: item.declared_filename,
      mediaType: item.media_type,
      size: item.size,
      sha256: item.sha256,
      clientSha256: item.client_sha256 ?? null,
      objectKey: item.object_key,
      state: 'verified',
      custody: [{ who: createdBy, what: 'attached', at: at.toISOString() }],
      createdBy,
    })
    .returning('*');
  return { evidence, isNew: true };
}

/** The evidence of a run in the order it was attached. */
export async function listEvidence(tenant: Tenant, runId: string): Promise<readonly Evidence[]> {
  return EvidenceRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).orderBy('position');
}
