import { Model } from 'objection';

export class InviteRow extends Model {
  static override readonly tableName = 'invites';
  declare readonly id: string;
  declare orgId: string;
  declare email: string;
  declare role: 'admin' | 'member' | 'viewer';
  declare approver: boolean;
  declare tokenHash: string;
  declare generation: number;
  declare invitedBy: string;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare acceptedAt: Date | null;
  declare acceptedBy: string | null;
  declare revokedAt: Date | null;
}
