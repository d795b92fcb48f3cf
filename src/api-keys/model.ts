import { Model } from 'objection';
import type { Scope } from '../auth/actor.js';

export class ApiKeyRow extends Model {
  static override readonly tableName = 'api_keys';
  declare readonly id: string;
  declare orgId: string;
  declare name: string;
  declare mode: 'live' | 'test';
  declare actsIn: string | null;
  declare scopes: Scope[];
  declare hint: string;
  declare digest: string;
  declare pepperVersion: number;
  declare createdBy: string;
  declare createdAt: Date;
  declare expiresAt: Date | null;
  declare lastUsedAt: Date | null;
  declare revokedAt: Date | null;
  declare replaces: string | null;
}
