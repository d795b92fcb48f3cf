import type { Billing } from '../../src/adapters/stripe.js';
import { decideApplication } from '../../src/applications/store.js';
import { recordEvent } from '../../src/audit-log/store.js';
import { compensations, noFacts, type Compensation } from '../../src/billing/rules.js';
import type { CommandActor } from '../../src/commands/store.js';
import type { Database, Tenant } from '../../src/db/database.js';
import type { MembershipRef } from '../../src/membership/apply.js';
import { remindersDue, waitRemindersDue } from '../../src/membership/rules.js';
import {
  decisionsOf,
  readWait,
  settle,
  snapshotOf,
  tell,
  type MembershipSnapshot,
} from '../../src/membership/settle.js';
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

const systemActor = (id: string): CommandActor => ({
  kind: 'system',
  id,
  role: 'system',
  approver: false,
  authTime: '',
  requestId: id,
});
const stripeActor = systemActor('stripe');
const clockActor = systemActor('clock');

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

/** Stores what was read, with what has come due by the clock. */
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
  if (settled.state === 'applied' || settled.state === 'approved') return keepWaiting(tenant, settled, now);
  const { state, periodEnd, reminders } = settled;
  if ((state !== 'active' && state !== 'cancelling') || periodEnd === null) return settled;
  const due = remindersDue(periodEnd.getTime(), now.getTime());
  if (due <= reminders) return settled;
  await tell(tenant, settled, 'reminder', `${String(periodEnd.getTime())}:${String(due)}`);
  return settle(tenant, settled, { event: 'observe', patch: { reminders: due }, now });
}

/** Ends an application that waited too long, or reminds of a payment. Safe to repeat: an ended one waits no more. */
async function keepWaiting(tenant: Tenant, membership: PaidMembership, now: Date): Promise<PaidMembership> {
  const { applicationId, reminders, state } = membership;
  const wait = await readWait(tenant, membership);
  if (!wait || applicationId === null) return membership;
  if (now.getTime() >= wait.overAt) {
    const end = { state: 'expired', decidedBy: clockActor.id, decidedAt: now, note: null } as const;
    await decideApplication(tenant, applicationId, end);
    const told = { action: 'membership.expire', target: membership.id, beforeDigest: state, afterDigest: 'none' };
    await recordEvent(tenant, { actor: clockActor, ...told });
    return settle(tenant, membership, { event: 'expire', patch: { decision: 'expired' }, now });
  }
  const due = waitRemindersDue(wait, now.getTime());
  if (due <= reminders) return membership;
  await tell(tenant, membership, 'unpaid', `${applicationId}:${String(due)}`);
  return settle(tenant, membership, { event: 'observe', patch: { reminders: due }, now });
}

/** Safe to repeat: the row is there once, and with it the log entry and the mails. */
async function keepRefund(tenant: Tenant, paymentId: string): Promise<void> {
  if (!(await recordRefund(tenant, paymentId))) return;
  const membership = await findMembership(tenant);
  if (!membership) return;
  await recordEvent(tenant, { actor: stripeActor, action: 'membership.refunded', target: membership.id });
  await tell(tenant, membership, 'refunded', paymentId);
}
