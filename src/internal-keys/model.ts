import { Model } from 'objection';
import type { InternalScope } from '../auth/actor.js';

export class InternalKeyRow extends Model {
  static override readonly tableName = 'internal_keys';
  declare readonly id: string;
  declare name: string;
  declare scopes: InternalScope[];
  declare hint: string;
  declare digest: string;
  declare pepperVersion: number;
  declare createdAt: Date;
  declare expiresAt: Date | null;
  declare lastUsedAt: Date | null;
  declare revokedAt: Date | null;
}
