import { Model } from 'objection';

export class ArtifactRow extends Model {
  static override readonly tableName = 'cook_artifacts';
  declare readonly id: string;
  declare orgId: string;
  declare cookId: string;
  declare attempt: number;
  declare kind: string;
  declare name: string;
  declare size: number;
  declare sha256: string;
  declare mediaType: string;
  declare objectKey: string;
  declare grantedAt: Date;
  declare verifiedAt: Date | null;
}
