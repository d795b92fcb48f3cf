import { Model } from 'objection';

export class RunnerRow extends Model {
  static override readonly tableName = 'runners';
  static override readonly jsonAttributes = ['capabilities'];
  declare readonly id: string;
  declare keyId: string;
  declare name: string;
  declare transport: 'http' | 'native';
  declare labels: string[];
  declare capabilities: Record<string, unknown>;
  declare lostLeases: number;
  declare draining: boolean;
  declare quarantinedAt: Date | null;
  declare revokedAt: Date | null;
  declare createdAt: Date;
  declare lastSeenAt: Date;
}
