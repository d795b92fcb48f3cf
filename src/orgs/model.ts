import { Model } from 'objection';
import type { Role } from '../auth/actor.js';

export class OrgRow extends Model {
  static override readonly tableName = 'orgs';
  declare readonly id: string;
  declare name: string;
  declare alias: string;
  declare sandboxOf: string | null;
  declare createdAt: Date;
}

export class MembershipRow extends Model {
  static override readonly tableName = 'memberships';
  static override readonly idColumn = ['orgId', 'userId'];
  declare orgId: string;
  declare userId: string;
  declare role: Role;
  declare approver: boolean;
  declare version: number;
  declare createdAt: Date;
}
