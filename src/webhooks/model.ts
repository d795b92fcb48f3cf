import { Model } from 'objection';

export class WebhookRow extends Model {
  static override readonly tableName = 'webhook_endpoints';
  declare readonly id: string;
  declare orgId: string;
  declare url: string;
  declare description: string;
  declare events: string[];
  declare state: 'enabled' | 'disabled' | 'deleted';
  declare because: 'by_person' | 'gone' | 'failing' | null;
  declare version: number;
  declare generation: number;
  declare earlierUntil: Date | null;
  declare failingSince: Date | null;
  declare createdBy: string;
  declare createdAt: Date;
}

export class WebhookAttemptRow extends Model {
  static override readonly tableName = 'webhook_attempts';
  declare readonly id: string;
  declare endpointId: string;
  declare seq: number;
  declare orgId: string;
  declare at: Date;
  declare status: number | null;
  declare error: string | null;
  declare durationMs: number;
}
