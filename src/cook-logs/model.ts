import { Model } from 'objection';

export class LogChunkRow extends Model {
  static override readonly tableName = 'cook_log_chunks';
  declare readonly id: number;
  declare orgId: string;
  declare cookId: string;
  declare attempt: number;
  declare seq: number;
  declare startByte: number;
  declare size: number;
  declare sha256: string;
  declare gzip: Buffer;
}
