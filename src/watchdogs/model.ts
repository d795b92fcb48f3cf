import { Model } from 'objection';
import type { Health } from './rules.js';
import type { WatchdogConfig } from './schema.js';

export class WatchdogRow extends Model {
  static override readonly tableName = 'watchdogs';
  static override readonly idColumn = 'profileId';
  static override readonly jsonAttributes = ['config'];
  declare readonly profileId: string;
  declare orgId: string;
  declare version: number;
  declare mode: WatchdogConfig['mode'];
  declare config: WatchdogConfig;
  declare periodSeconds: number | null;
  declare stuckAfterSeconds: number | null;
  declare recoverAfter: number;
  declare autoResume: boolean;
  declare paused: boolean;
  declare muted: boolean;
  declare health: Health;
  declare healthAt: Date;
  declare baselineAt: Date;
  declare lastSignalAt: Date | null;
  declare lastSignal: string | null;
  declare progressAt: Date | null;
  declare startedAt: Date | null;
  declare progressToken: string | null;
  declare goodSignals: number;
  declare episode: number;
  declare openedEpisode: number;
  declare endedEpisode: number;
  declare fellAt: Date | null;
  declare fellBecause: string | null;
  declare lookAt: Date | null;
  declare generation: number;
  declare pingHash: string;
  declare badgeHash: string;
}

export class HealthEventRow extends Model {
  static override readonly tableName = 'agent_health_events';
  declare readonly id: number;
  declare orgId: string;
  declare profileId: string;
  declare at: Date;
  declare kind: string;
  declare because: string;
  declare message: string | null;
}
