import { Model } from 'objection';
import type { TrainingPolicy } from './document.js';

export class TrainingPolicyRow extends Model {
  static override readonly tableName = 'training_policies';
  static override readonly idColumn = 'version';
  static override readonly jsonAttributes = ['policy'];
  declare readonly version: string;
  declare sha256: string;
  declare policy: TrainingPolicy;
  declare effectiveAt: Date;
  declare publishedAt: Date;
}
