import { Model } from 'objection';
import type { AttemptOutcome, Progress, RunnerSnapshot } from './store.js';

export class AttemptRow extends Model {
  static override readonly tableName = 'cook_attempts';
  static override readonly jsonAttributes = ['runner', 'progress', 'metrics', 'checkpoint', 'outcome'];
  declare readonly id: string;
  declare orgId: string;
  declare cookId: string;
  declare attempt: number;
  declare runnerId: string;
  declare transport: 'http' | 'native';
  declare tokenHash: string;
  declare taskToken: Buffer | null;
  declare state: 'live' | 'lost' | 'failed' | 'accepted';
  declare runner: RunnerSnapshot;
  declare claimedAt: Date;
  declare startedAt: Date | null;
  declare heartbeatAt: Date;
  declare expiresAt: Date;
  declare endedAt: Date | null;
  declare deliveredAt: Date | null;
  declare progress: Progress | null;
  declare metrics: Record<string, number> | null;
  declare checkpoint: unknown;
  declare logBytes: number;
  declare logChunks: number;
  declare outcome: AttemptOutcome | null;
  declare outcomeDigest: string | null;
}
