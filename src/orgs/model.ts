import { Model } from 'objection';
import type { Role } from '../auth/actor.js';

export class OrgRow extends Model {
  static override readonly tableName = 'orgs';
  declare readonly id: string;
  declare name: string;
  declare alias: string;
  declare createdAt: Date;
}

export class MembershipRow extends Model {
  static override readonly tableName = 'memberships';
  static override readonly idColumn = ['orgId', 'userId'];
  declare orgId: string;
  declare userId: string;
  declare role: Role;
  declare approver: boolean;
  declare createdAt: Date;
}

export class InviteRow extends Model {
  static override readonly tableName = 'invites';
  declare readonly id: string;
  declare orgId: string;
  declare email: string;
  declare role: 'admin' | 'member' | 'viewer';
  declare approver: boolean;
  declare tokenHash: string;
  declare invitedBy: string;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare acceptedAt: Date | null;
  declare acceptedBy: string | null;
}
