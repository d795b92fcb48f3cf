import { Model } from 'objection';
import type { ApplicationState } from '../membership/rules.js';
import type { Answers } from './schema.js';

export class ApplicationRow extends Model {
  static override readonly tableName = 'applications';
  static override readonly jsonAttributes = ['answers'];
  declare readonly id: string;
  declare orgId: string;
  declare slug: string;
  declare appliedBy: string;
  declare answers: Answers;
  declare state: ApplicationState;
  declare decidedBy: string | null;
  declare decidedAt: Date | null;
  declare note: string | null;
  declare createdAt: Date;
}
