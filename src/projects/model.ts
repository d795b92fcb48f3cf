import { Model } from 'objection';

export class ProjectRow extends Model {
  static override readonly tableName = 'projects';
  declare readonly id: string;
  declare orgId: string;
  declare name: string;
  declare description: string;
  declare createdBy: string;
  declare createdAt: Date;
}
