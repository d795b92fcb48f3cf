import { Model } from 'objection';

export class AuditEventRow extends Model {
  static override readonly tableName = 'audit_events';
  static override readonly jsonAttributes = ['actor'];
  declare readonly id: string;
  declare orgId: string;
  declare at: Date;
  declare actor: { readonly kind: 'person' | 'key' | 'system'; readonly id: string; readonly key_id?: string };
  declare action: string;
  declare target: string;
  declare runId: string | null;
  declare beforeDigest: string | null;
  declare afterDigest: string | null;
  declare requestId: string;
  declare network: string | null;
}
