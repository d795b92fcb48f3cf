import { raw, type QueryBuilder } from 'objection';
import { z } from 'zod';
import { noFacts, type Because, type BillingFacts } from '../billing/rules.js';
import type { System, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { MembershipChangeRow, PaidMembershipRow } from './model.js';
import type { ApplicationState, MembershipState } from './rules.js';

/** What an organization's membership is; one row each, made at the first application. */
export interface PaidMembership {
  readonly id: string;
  readonly orgId: string;
  readonly state: MembershipState;
  readonly because: Because;
  readonly version: number;
  readonly decision: 'none' | ApplicationState;
  readonly applicationId: string | null;
  readonly stripeCustomerId: string | null;
  readonly stripeSubscriptionId: string | null;
  readonly checkoutAttempt: number;
  readonly checkoutPriceId: string | null;
  readonly checkoutSessionId: string | null;
  readonly checkoutUrl: string | null;
  readonly checkoutExpiresAt: Date | null;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  readonly accessUntil: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly compedUntil: Date | null;
  readonly suspendedBecause: string | null;
  readonly wasMember: boolean;
  readonly reminders: number;
  /** What Stripe said when it was last read. */
  readonly facts: BillingFacts;
  readonly appliedTicket: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
export type MembershipPatch = Partial<Omit<PaidMembership, 'id' | 'orgId' | 'version' | 'createdAt' | 'updatedAt'>>;

/** One step of a membership's history; with an occasion, a receipt is owed for it. */
export interface MembershipChange {
  readonly id: string;
  readonly membershipId: string;
  readonly before: MembershipState;
  readonly after: MembershipState;
  readonly because: Because;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  readonly event: 'activated' | 'renewed' | 'lapsed' | 'cancelled' | 'suspended' | null;
  readonly occasion: string | null;
  readonly receiptId: string | null;
  readonly at: Date;
}

const mine = (tenant: Tenant): QueryBuilder<PaidMembershipRow, PaidMembershipRow[]> =>
  PaidMembershipRow.query(tenant.trx).where({ orgId: tenant.orgId });

export async function findMembership(tenant: Tenant): Promise<PaidMembership | undefined> {
  return mine(tenant).first();
}

/** Reads the membership for change: what changes it passes one at a time from here to its commit. */
export async function lockMembership(tenant: Tenant): Promise<PaidMembership | undefined> {
  return mine(tenant).forUpdate().first();
}

/** Safe to repeat: the row is made once per organization. */
export async function ensureMembership(tenant: Tenant): Promise<PaidMembership> {
  await PaidMembershipRow.query(tenant.trx)
    .insert({
      orgId: tenant.orgId,
      id: newId('membership'),
      state: 'none',
      because: 'not_applied',
      decision: 'none',
      facts: noFacts,
    })
    .onConflict('org_id')
    .ignore();
  return mine(tenant).forUpdate().first().throwIfNotFound();
}

/** Writes a locked membership. The version in the WHERE makes a write from a stale read impossible. */
export async function changeMembership(
  tenant: Tenant,
  membership: PaidMembership,
  patch: MembershipPatch,
): Promise<PaidMembership> {
  const version = membership.version + 1;
  const [row] = await mine(tenant)
    .where({ version: membership.version })
    .patch({ ...patch, version, updatedAt: raw('now()') })
    .returning('*');
  if (!row) throw new Error(`changeMembership: ${membership.id} is no longer at version ${String(membership.version)}`);
  return row;
}

/** Draws the number of a reading of Stripe: of two readings, the one that began later stands. */
export async function drawTicket(tenant: Tenant): Promise<number> {
  const [row] = await mine(tenant)
    .patch({ ticket: raw('ticket + 1') })
    .returning('ticket');
  return row?.ticket ?? 0;
}

export async function insertChange(
  tenant: Tenant,
  change: Omit<MembershipChange, 'id' | 'receiptId' | 'at'>,
): Promise<void> {
  await MembershipChangeRow.query(tenant.trx).insert({
    id: newId('membershipChange'),
    orgId: tenant.orgId,
    ...change,
  });
}

/** Changes that a receipt is owed for, oldest first. */
export async function listOwedReceipts(tenant: Tenant): Promise<readonly MembershipChange[]> {
  return MembershipChangeRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereNotNull('occasion')
    .whereNull('receiptId')
    .orderBy(['at', 'id']);
}

export async function recordReceipt(tenant: Tenant, changeId: string, receiptId: string): Promise<void> {
  await MembershipChangeRow.query(tenant.trx)
    .where({ id: changeId, orgId: tenant.orgId })
    .whereNull('receiptId')
    .patch({ receiptId });
}

/** What happened to the membership, newest first. */
export async function listChanges(tenant: Tenant, limit = 50): Promise<readonly MembershipChange[]> {
  return MembershipChangeRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
}

/** Safe to repeat: one row per payment; true when this refund is new. */
export async function recordRefund(tenant: Tenant, paymentId: string): Promise<boolean> {
  const rows: unknown[] = await tenant
    .trx('membership_refunds')
    .insert({ paymentId, orgId: tenant.orgId })
    .onConflict('payment_id')
    .ignore()
    .returning('payment_id');
  return rows.length > 0;
}

const ownerSchema = z.array(z.object({ orgId: z.string() }));

/** Whose membership something at Stripe belongs to: by the id we gave along, the customer, the session, or a payment that was read. */
export async function findOwner(
  { trx }: System,
  given: {
    readonly customerId?: string | null;
    readonly membershipId?: string | null;
    readonly sessionId?: string | null;
    readonly paymentId?: string | null;
  },
): Promise<string | undefined> {
  const { customerId = null, membershipId = null, sessionId = null, paymentId = null } = given;
  if ([customerId, membershipId, sessionId, paymentId].every((one) => one === null)) return undefined;
  const rows: unknown = await trx('paid_memberships')
    .where((builder) => {
      if (customerId !== null) void builder.orWhere({ stripeCustomerId: customerId });
      if (membershipId !== null) void builder.orWhere({ id: membershipId });
      if (sessionId !== null) void builder.orWhere({ checkoutSessionId: sessionId });
      if (paymentId !== null)
        void builder.orWhereRaw('facts @> ?::jsonb', [
          JSON.stringify({ periods: [{ payments: [{ id: paymentId }] }] }),
        ]);
    })
    .limit(1)
    .select('orgId');
  return ownerSchema.parse(rows)[0]?.orgId;
}

/** Memberships that Stripe or the clock may know more of than we do, a page at a time. */
export async function listMoving({ trx }: System, after: string, limit: number): Promise<readonly string[]> {
  const rows: unknown = await trx('paid_memberships')
    .where('orgId', '>', after)
    .where(
      (builder) =>
        void builder
          .whereNotNull('stripeCustomerId')
          .orWhereNotNull('compedUntil')
          .orWhereIn('state', ['applied', 'approved']),
    )
    .orderBy('orgId')
    .limit(limit)
    .select('orgId');
  return ownerSchema.parse(rows).map(({ orgId }) => orgId);
}
