import { Model } from 'objection';
import type { ProfileState } from './rules.js';
import type { Snapshot } from './schema.js';

export class AgentProfileRow extends Model {
  static override readonly tableName = 'agent_profiles';
  static override readonly jsonAttributes = ['snapshot'];
  declare readonly id: string;
  declare orgId: string;
  declare name: string;
  declare state: ProfileState;
  declare version: number;
  declare snapshotVersion: number;
  declare snapshotDigest: string;
  declare snapshot: Snapshot;
  declare createdBy: string;
  declare createdAt: Date;
  declare updatedAt: Date;
}

export class AgentSnapshotRow extends Model {
  static override readonly tableName = 'agent_snapshots';
  static override readonly idColumn = ['profileId', 'version'];
  static override readonly jsonAttributes = ['snapshot'];
  declare profileId: string;
  declare orgId: string;
  declare version: number;
  declare digest: string;
  declare snapshot: Snapshot;
  declare createdBy: string;
  declare createdAt: Date;
}
