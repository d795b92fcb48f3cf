import type { z } from 'zod';
import { PRICE } from '../adapters/stripe.js';
import type { Application } from '../applications/store.js';
import { showApplication } from '../applications/view.js';
import type { Because } from '../billing/rules.js';
import { allowedEvents } from './rules.js';
import type { deskMembershipView, membershipView } from './schema.js';
import { standingNow } from './settle.js';
import type { MembershipChange, PaidMembership } from './store.js';

/** Every reason as a sentence that says what to do. */
const sentences: Readonly<Record<Because, string>> = {
  not_applied: 'Nobody has applied yet: POST /membership/apply.',
  waiting_for_decision: 'The application waits for a decision of ours; you hear by mail.',
  application_rejected: 'The application was not approved; its note says why.',
  application_approved: 'The application is approved: pay with POST /membership/checkout.',
  checkout_open: 'The payment page is open; the membership begins when it is paid.',
  checkout_expired: 'The payment page expired unpaid: open another with POST /membership/checkout.',
  payment_pending: 'The bank has not confirmed the payment yet; the membership begins when it does.',
  payment_failed:
    'The last payment failed: correct the payment method with POST /membership/portal, or pay again with POST /membership/checkout.',
  paid: 'Paid, and renews by itself.',
  ends_with_period: 'Paid, and ends with the period; resume it in the billing portal.',
  renewal_awaited: 'The period is over and its renewal is not paid yet; access goes on for the days of grace.',
  renewal_missing: 'The period and its days of grace are over: become a member again with POST /membership/checkout.',
  cancelled: 'The subscription was ended: become a member again with POST /membership/checkout.',
  refunded: 'The payment of this period was given back whole, and the membership with it.',
  dispute_open: 'The payment is disputed at the bank; access comes back if the dispute is won.',
  dispute_lost: 'The payment was taken back through a dispute: become a member again with POST /membership/checkout.',
  customer_deleted: 'The customer was deleted at Stripe: become a member again with POST /membership/checkout.',
  suspended_by_us: 'We suspended the membership; write to us.',
  comped: 'Granted by us without payment.',
};

export const whyStanding = (because: Because): string => sentences[because];

/** The membership as its organization sees it, by the clock of now. */
export function showMembership(
  given: {
    readonly membership: PaidMembership | undefined;
    readonly application: Application | undefined;
    readonly changes: readonly MembershipChange[];
  },
  { now, mayPay }: { readonly now: Date; readonly mayPay: boolean },
): z.input<typeof membershipView> {
  const { membership, application, changes } = given;
  const standing = membership && standingNow(membership, now);
  const { state, because, periodStart, periodEnd, accessUntil, cancelAtPeriodEnd } = standing ?? NOBODY;
  const until = accessUntil === null ? null : new Date(accessUntil);
  const isOpen = state === 'checkout_pending' && because === 'checkout_open';
  const { checkoutUrl = null, checkoutExpiresAt = null } = membership ?? {};
  return {
    state,
    because,
    why: sentences[because],
    entitled: until !== null && until > now,
    access_until: until?.toISOString() ?? null,
    price: { plan: PRICE.plan, amount_cents: PRICE.amountCents, currency: PRICE.currency },
    period:
      periodStart === null || periodEnd === null
        ? null
        : { start: new Date(periodStart).toISOString(), end: new Date(periodEnd).toISOString() },
    cancel_at_period_end: cancelAtPeriodEnd,
    comped_until: membership?.compedUntil?.toISOString() ?? null,
    application: application ? showApplication(application) : null,
    checkout:
      mayPay && isOpen && checkoutUrl !== null && checkoutExpiresAt !== null
        ? { url: checkoutUrl, expires_at: checkoutExpiresAt.toISOString() }
        : null,
    history: changes.map(({ at, before, after, because: reason, receiptId }) => ({
      at: at.toISOString(),
      from: before,
      to: after,
      because: reason,
      receipt_id: receiptId,
    })),
    allowed: [...allowedEvents(state)],
  };
}

const NOBODY = {
  state: 'none',
  because: 'not_applied',
  periodStart: null,
  periodEnd: null,
  accessUntil: null,
  cancelAtPeriodEnd: false,
} as const;

export function showDeskMembership({ orgId, state, accessUntil }: PaidMembership): z.input<typeof deskMembershipView> {
  return { organization: orgId, state, access_until: accessUntil?.toISOString() ?? null };
}
