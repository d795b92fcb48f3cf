import { Model } from 'objection';
import type { AttachEvidence } from './schema.js';

export class EvidenceRow extends Model {
  static override readonly tableName = 'evidence';
  static override readonly jsonAttributes = ['source', 'custody'];
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare position: number;
  declare kind: AttachEvidence['kind'];
  declare label: string;
  declare sensitivity: AttachEvidence['sensitivity'];
  declare source: AttachEvidence['source'];
  declare capturedAt: Date | null;
  declare content: string | null;
  declare filename: string | null;
  declare declaredFilename: string | null;
  declare mediaType: string;
  declare size: number;
  declare sha256: string;
  declare clientSha256: string | null;
  declare objectKey: string;
  declare state: 'pending_upload' | 'stored' | 'verified' | 'quarantined' | 'rejected' | 'withdrawn' | 'expired';
  declare custody: readonly { readonly who: string; readonly what: string; readonly at: string }[];
  declare createdBy: string;
  declare createdAt: Date;
}
