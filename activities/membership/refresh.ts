import type { Billing } from '../../src/adapters/stripe.js';
import { recordEvent } from '../../src/audit-log/store.js';
import { compensations, noFacts, type Compensation } from '../../src/billing/rules.js';
import type { CommandActor } from '../../src/commands/store.js';
import type { Database, Tenant } from '../../src/db/database.js';
import type { MembershipRef } from '../../src/membership/apply.js';
import { remindersDue } from '../../src/membership/rules.js';
import { decisionsOf, settle, snapshotOf, tell, type MembershipSnapshot } from '../../src/membership/settle.js';
import {
  drawTicket,
  findMembership,
  lockMembership,
  recordRefund,
  type MembershipPatch,
  type PaidMembership,
} from '../../src/membership/store.js';
import { listWaiting, markProcessed } from '../../src/stripe-events/store.js';

export interface RefreshActivities {
  refreshMembership(ref: MembershipRef): Promise<MembershipSnapshot | null>;
}

/** After a compensation Stripe is read again; more rounds than this are a fault that Temporal repeats. */
const ROUNDS = 5;

const stripeActor: CommandActor = {
  kind: 'system',
  id: 'stripe',
  role: 'system',
  approver: false,
  authTime: '',
  requestId: 'stripe',
};

export function createRefreshActivities({
  database,
  billing,
}: {
  readonly database: Database;
  readonly billing: Billing | undefined;
}): RefreshActivities {
  /** One reading: which events it covers and its number are drawn first, so that an older reading never overwrites it. */
  const read = async ({ orgId }: MembershipRef) => {
    const begun = await database.tenant(orgId, async (tenant) => {
      const membership = await findMembership(tenant);
      return membership && { membership, ticket: await drawTicket(tenant), events: await listWaiting(tenant) };
    });
    if (!begun) return null;
    const { stripeCustomerId: customerId, checkoutSessionId: sessionId } = begun.membership;
    if (!billing && customerId !== null) throw new Error('refreshMembership: this deployment has no Stripe account');
    const facts = billing ? await billing.readFacts({ customerId, sessionId }) : noFacts;
    return database.tenant(orgId, async (tenant) => {
      const now = new Date();
      const membership = await lockMembership(tenant);
      if (!membership) throw new Error(`refreshMembership: the membership of ${orgId} is gone`);
      const isCurrent =
        begun.ticket > membership.appliedTicket &&
        membership.stripeCustomerId === customerId &&
        membership.checkoutSessionId === sessionId;
      if (isCurrent) await markProcessed(tenant, begun.events);
      const next = isCurrent
        ? await observe(tenant, membership, { facts, appliedTicket: begun.ticket }, now)
        : membership;
      const owed = isCurrent ? compensations(decisionsOf(next), facts) : [];
      return { isCurrent, owed, snapshot: await snapshotOf(tenant, next, now) };
    });
  };
  return {
    /**
     * Re-reads Stripe, writes the membership as it stands, and gives back what cannot be honoured. Safe to retry: what
     * is written depends on what Stripe has now, and every compensation on what is still to be undone.
     */
    async refreshMembership(ref) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const reading = await read(ref);
        if (!reading) return null;
        if (reading.isCurrent && reading.owed.length === 0) return reading.snapshot;
        for (const one of reading.owed) await compensate(one, ref);
      }
      throw new Error(`refreshMembership: ${ref.orgId} does not come to rest`);
    },
  };

  async function compensate(owed: Compensation, { orgId }: MembershipRef): Promise<void> {
    if (!billing) return;
    switch (owed.kind) {
      case 'refund':
        await billing.refund(owed.paymentId);
        await database.tenant(orgId, (tenant) => keepRefund(tenant, owed.paymentId));
        return;
      case 'cancel':
        await billing.cancelSubscription(owed.subscriptionId);
        return;
      case 'expire_checkout':
        await billing.expireCheckout(owed.sessionId);
    }
  }
}

/** Stores what was read, with the reminder that has come due. */
async function observe(
  tenant: Tenant,
  membership: PaidMembership,
  patch: MembershipPatch,
  now: Date,
): Promise<PaidMembership> {
  const settled = await settle(tenant, membership, { event: 'observe', patch, now });
  if (settled.state !== membership.state) {
    await recordEvent(tenant, {
      actor: stripeActor,
      action: 'membership.observed',
      target: membership.id,
      beforeDigest: membership.state,
      afterDigest: settled.state,
    });
  }
  const { state, periodEnd, reminders } = settled;
  if ((state !== 'active' && state !== 'cancelling') || periodEnd === null) return settled;
  const due = remindersDue(periodEnd.getTime(), now.getTime());
  if (due <= reminders) return settled;
  await tell(tenant, settled, 'reminder', `${String(periodEnd.getTime())}:${String(due)}`);
  return settle(tenant, settled, { event: 'observe', patch: { reminders: due }, now });
}

/** Safe to repeat: the row is there once, and with it the log entry and the mails. */
async function keepRefund(tenant: Tenant, paymentId: string): Promise<void> {
  if (!(await recordRefund(tenant, paymentId))) return;
  const membership = await findMembership(tenant);
  if (!membership) return;
  await recordEvent(tenant, { actor: stripeActor, action: 'membership.refunded', target: membership.id });
  await tell(tenant, membership, 'refunded', paymentId);
}
