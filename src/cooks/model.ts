import { Model } from 'objection';
import type { Lift } from './lift.js';
import type { CookState } from './rules.js';
import type { Recipe } from './schema.js';
import type { Failure } from './store.js';

export class CookRow extends Model {
  static override readonly tableName = 'cooks';
  static override readonly jsonAttributes = ['recipe', 'failure', 'lift'];
  declare readonly id: string;
  declare orgId: string;
  declare runId: string;
  declare recipe: Recipe;
  declare recipeSha256: string;
  declare capability: string;
  declare labels: string[];
  declare queue: string;
  declare priority: number;
  declare maxAttempts: number;
  declare state: CookState;
  declare attempt: number;
  declare currentAttemptId: string | null;
  declare outcomeAttemptId: string | null;
  declare cancelRequestedAt: Date | null;
  declare checkpointRequestedAt: Date | null;
  declare failure: Failure | null;
  declare lift: Lift | null;
  declare receiptId: string | null;
  declare requestedBy: string;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare finishedAt: Date | null;
}

export class CookEventRow extends Model {
  static override readonly tableName = 'cook_events';
  static override readonly jsonAttributes = ['data'];
  declare readonly id: number;
  declare orgId: string;
  declare cookId: string;
  declare attempt: number | null;
  declare kind: string;
  declare data: unknown;
  declare at: Date;
}
