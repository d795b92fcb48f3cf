import { Model } from 'objection';
import type { MailTemplate } from './templates.js';

export class OutboxRow extends Model {
  static override readonly tableName = 'outbox';
  static override readonly jsonAttributes = ['params'];
  declare readonly id: string;
  declare orgId: string | null;
  declare dedupeKey: string;
  declare template: MailTemplate;
  declare recipient: string;
  declare params: Record<string, string>;
  declare createdAt: Date;
  declare dueAt: Date;
  declare attempts: number;
  declare lastError: string | null;
  declare sentAt: Date | null;
}
