import { Model } from 'objection';
import type { SignatureScheme } from '../receipts/approval-signature.js';

export class ApproverKeyRow extends Model {
  static override readonly tableName = 'approver_keys';
  static override readonly jsonAttributes = ['transports'];
  declare readonly id: string;
  declare orgId: string;
  declare userId: string;
  declare scheme: SignatureScheme;
  declare name: string;
  declare publicKey: string;
  declare credentialId: string | null;
  declare transports: readonly string[];
  declare counter: number;
  declare createdAt: Date;
  declare revokedAt: Date | null;
}

export class ChallengeRow extends Model {
  static override readonly tableName = 'approver_challenges';
  declare readonly id: string;
  declare orgId: string;
  declare userId: string;
  declare runId: string | null;
  declare statement: string;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare usedAt: Date | null;
}
