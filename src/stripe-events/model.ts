import { Model } from 'objection';
import type { EventOutcome } from './rules.js';

export class StripeEventRow extends Model {
  static override readonly tableName = 'stripe_events';
  declare readonly id: string;
  declare type: string;
  declare createdAt: Date;
  declare customerId: string | null;
  declare paymentId: string | null;
  declare membershipId: string | null;
  declare orgId: string | null;
  declare receivedAt: Date;
  declare processedAt: Date | null;
  declare outcome: EventOutcome | null;
}
