import { Model } from 'objection';
import type { CommandActor } from './store.js';

export class CommandRow extends Model {
  static override readonly tableName = 'commands';
  static override readonly idColumn = 'commandId';
  static override readonly jsonAttributes = ['actor', 'payload'];
  declare commandId: string;
  declare orgId: string;
  declare kind: string;
  declare subjectId: string;
  declare requestHash: string;
  declare actor: CommandActor;
  declare payload: unknown;
  declare stagedAt: Date;
}

export class AppliedCommandRow extends Model {
  static override readonly tableName = 'applied_commands';
  static override readonly idColumn = 'commandId';
  static override readonly jsonAttributes = ['result'];
  declare commandId: string;
  declare orgId: string;
  declare requestHash: string;
  declare status: number;
  declare result: unknown;
  declare appliedAt: Date;
}
