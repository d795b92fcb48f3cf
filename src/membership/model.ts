import { Model } from 'objection';
import type { Because, BillingFacts } from '../billing/rules.js';
import type { ApplicationState, MembershipState } from './rules.js';

export class PaidMembershipRow extends Model {
  static override readonly tableName = 'paid_memberships';
  static override readonly idColumn = 'orgId';
  static override readonly jsonAttributes = ['facts'];
  declare orgId: string;
  declare readonly id: string;
  declare state: MembershipState;
  declare because: Because;
  declare version: number;
  declare decision: 'none' | ApplicationState;
  declare applicationId: string | null;
  declare stripeCustomerId: string | null;
  declare stripeSubscriptionId: string | null;
  declare checkoutAttempt: number;
  declare checkoutPriceId: string | null;
  declare checkoutSessionId: string | null;
  declare checkoutUrl: string | null;
  declare checkoutExpiresAt: Date | null;
  declare periodStart: Date | null;
  declare periodEnd: Date | null;
  declare accessUntil: Date | null;
  declare cancelAtPeriodEnd: boolean;
  declare compedUntil: Date | null;
  declare suspendedBecause: string | null;
  declare wasMember: boolean;
  declare reminders: number;
  declare facts: BillingFacts;
  declare ticket: number;
  declare appliedTicket: number;
  declare createdAt: Date;
  declare updatedAt: Date;
}

export class MembershipChangeRow extends Model {
  static override readonly tableName = 'membership_changes';
  declare readonly id: string;
  declare orgId: string;
  declare membershipId: string;
  declare before: MembershipState;
  declare after: MembershipState;
  declare because: Because;
  declare periodStart: Date | null;
  declare periodEnd: Date | null;
  declare event: 'activated' | 'renewed' | 'lapsed' | 'cancelled' | 'suspended' | null;
  declare occasion: string | null;
  declare receiptId: string | null;
  declare at: Date;
}
