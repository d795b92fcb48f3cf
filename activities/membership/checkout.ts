import type { z } from 'zod';
import type { Billing } from '../../src/adapters/stripe.js';
import { recordApplied } from '../../src/commands/store.js';
import { noFacts } from '../../src/billing/rules.js';
import type { Database } from '../../src/db/database.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { requireCommand, type MembershipCommandRef } from '../../src/membership/apply.js';
import type { checkoutView } from '../../src/membership/schema.js';
import { mayHappen } from '../../src/membership/rules.js';
import { requireTransition, settle, snapshotOf, type MembershipSnapshot } from '../../src/membership/settle.js';
import { changeMembership, lockMembership, type PaidMembership } from '../../src/membership/store.js';

export interface CheckoutActivities {
  openCheckout(ref: MembershipCommandRef): Promise<MembershipSnapshot>;
}

/** Stripe allows a day; an hour less keeps the session from being refused for a clock that is late. */
const SESSION_MS = 23 * 3_600_000;
/** A session that is about to expire is no use to anybody. */
const MARGIN_MS = 5 * 60_000;

/** What the first transaction of a checkout decides, and every retry finds again. */
interface Attempt {
  readonly membership: PaidMembership;
  readonly priceId: string;
  readonly expiresAt: Date;
}

export function createCheckoutActivities({
  database,
  billing,
}: {
  readonly database: Database;
  readonly billing: Billing | undefined;
}): CheckoutActivities {
  return {
    /**
     * Opens a payment page, or hands back the one that is open. Safe to retry: the attempt, its price and its expiry
     * are kept before Stripe is asked, and are its idempotency key; the answer is kept after.
     */
    async openCheckout(ref) {
      if (!billing) throw new Refusal('billing_unavailable', 'This deployment has no Stripe account.');
      const priceId = await billing.findPrice();
      const begun = await begin(database, ref, priceId);
      if ('done' in begun) return begun.done;
      const { membership, expiresAt } = begun;
      const { orgId, id: membershipId, checkoutAttempt: attempt, applicationId, facts } = membership;
      const earlier = facts.customer === 'deleted' ? null : membership.stripeCustomerId;
      const customerId = earlier ?? (await billing.createCustomer({ orgId, membershipId, attempt }));
      if (earlier === null) await keepCustomer(database, orgId, customerId);
      const session = await billing.openCheckout({
        orgId,
        membershipId,
        attempt,
        customerId,
        expiresAt,
        applicationId: applicationId ?? '',
        priceId: begun.priceId,
      });
      return finish(database, ref, { customerId, session });
    },
  };
}

async function begin(
  database: Database,
  ref: MembershipCommandRef,
  priceId: string,
): Promise<Attempt | { readonly done: MembershipSnapshot }> {
  return database.tenant(ref.orgId, async (tenant) => {
    const now = new Date();
    const { command, isApplied } = await requireCommand(tenant, ref);
    const membership = await lockMembership(tenant);
    if (!membership) throw new Refusal('not_a_member_yet', 'Nobody has applied for this organization.');
    if (isApplied) return { done: await snapshotOf(tenant, membership, now) };
    requireTransition(membership, 'open_checkout');
    if (membership.because === 'payment_pending')
      throw new Refusal('invalid_transition', 'A payment is under way; wait for the bank.', {
        current_state: membership.state,
      });
    const { checkoutUrl: url, checkoutExpiresAt, checkoutPriceId, checkoutAttempt } = membership;
    const isUsable = checkoutExpiresAt !== null && checkoutExpiresAt.getTime() - MARGIN_MS > now.getTime();
    if (membership.because === 'checkout_open' && url !== null && isUsable) {
      await recordApplied(tenant, command, { status: 200, result: show(url, checkoutExpiresAt) });
      return { done: await snapshotOf(tenant, membership, now) };
    }
    if (membership.checkoutSessionId === null && checkoutPriceId !== null && isUsable)
      return { membership, priceId: checkoutPriceId, expiresAt: checkoutExpiresAt };
    const expiresAt = new Date(now.getTime() + SESSION_MS);
    const next = await changeMembership(tenant, membership, {
      checkoutAttempt: checkoutAttempt + 1,
      checkoutPriceId: priceId,
      checkoutSessionId: null,
      checkoutUrl: null,
      checkoutExpiresAt: expiresAt,
    });
    return { membership: next, priceId, expiresAt };
  });
}

/** Before anything can be paid: whatever happens to the session, the money is found at this customer. */
async function keepCustomer(database: Database, orgId: string, stripeCustomerId: string): Promise<void> {
  await database.tenant(orgId, async (tenant) => {
    const membership = await lockMembership(tenant);
    if (membership && membership.stripeCustomerId !== stripeCustomerId)
      await changeMembership(tenant, membership, { stripeCustomerId, facts: noFacts });
  });
}

async function finish(
  database: Database,
  ref: MembershipCommandRef,
  {
    customerId,
    session,
  }: { readonly customerId: string; readonly session: { readonly id: string; readonly url: string } },
): Promise<MembershipSnapshot> {
  const overtaken = await database.tenant(ref.orgId, async (tenant) => {
    const now = new Date();
    const { command, isApplied } = await requireCommand(tenant, ref);
    const membership = await lockMembership(tenant);
    if (!membership) throw new Error(`openCheckout: the membership of ${ref.orgId} is gone`);
    if (isApplied) return snapshotOf(tenant, membership, now);
    const facts = { ...membership.facts, customer: 'present', session: { id: session.id, status: 'open' } } as const;
    const patch = { stripeCustomerId: customerId, checkoutSessionId: session.id, checkoutUrl: session.url, facts };
    if (!mayHappen(membership.state, 'open_checkout')) {
      await settle(tenant, membership, { event: 'observe', patch, now });
      return membership;
    }
    const settled = await settle(tenant, membership, { event: 'open_checkout', patch, now });
    const result = show(session.url, settled.checkoutExpiresAt ?? now);
    const event = { action: 'membership.checkout_opened', target: membership.id };
    await recordApplied(tenant, command, { status: 201, result }, event);
    return snapshotOf(tenant, settled, now);
  });
  if (!('orgId' in overtaken)) return overtaken;
  // Rejected or suspended meanwhile: the session is on record, and the next refresh closes it.
  requireTransition(overtaken, 'open_checkout');
  throw new Error('openCheckout: overtaken by nothing');
}

const show = (url: string, expiresAt: Date): z.input<typeof checkoutView> => ({
  url,
  expires_at: expiresAt.toISOString(),
});
