import { Model } from 'objection';
import type { Decision } from './rules.js';
import type { ApprovalSignature } from './store.js';

export class ApprovalRow extends Model {
  static override readonly tableName = 'approvals';
  static override readonly jsonAttributes = ['conditions', 'signature'];
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare verdictDigest: string;
  declare decision: Decision;
  declare note: string | null;
  declare conditions: readonly string[];
  declare escalateTo: string | null;
  declare approverId: string;
  declare approverRole: string;
  declare authMethod: string;
  declare authTime: Date;
  declare signature: ApprovalSignature | null;
  declare createdAt: Date;
  declare voidedAt: Date | null;
  declare withdrawnAt: Date | null;
}
