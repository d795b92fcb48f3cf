import { assertNever } from '../kernel/assert-never.js';
import type { ApplicationState, MembershipState } from '../membership/rules.js';

/** Why a membership is in its state; each has a sentence in view.ts. */
export type Because =
  | 'not_applied'
  | 'waiting_for_decision'
  | 'application_rejected'
  | 'application_withdrawn'
  | 'application_expired'
  | 'application_approved'
  | 'checkout_open'
  | 'checkout_expired'
  | 'payment_pending'
  | 'payment_failed'
  | 'paid'
  | 'ends_with_period'
  | 'renewal_awaited'
  | 'renewal_missing'
  | 'cancelled'
  | 'refunded'
  | 'dispute_open'
  | 'dispute_lost'
  | 'customer_deleted'
  | 'suspended_by_us'
  | 'comped';

/** One payment as Stripe has it now. Null id: nothing was charged. */
export interface PaymentFacts {
  readonly id: string | null;
  readonly refunded: 'no' | 'partly' | 'fully';
  readonly dispute: 'none' | 'open' | 'lost';
}
/** A period that an invoice says is paid; the only proof of a renewal. Times in Unix ms. */
export interface PaidPeriod {
  readonly subscriptionId: string;
  readonly start: number;
  readonly end: number;
  readonly payments: readonly PaymentFacts[];
}
export interface SubscriptionFacts {
  readonly id: string;
  readonly status: string;
  readonly cancelAtPeriodEnd: boolean;
  readonly createdAt: number;
  /** Why it ended, in Stripe's words. */
  readonly endedBecause: string | null;
}
/** Everything that decides a membership, as re-read from Stripe at one moment. Events only say when to read. */
export interface BillingFacts {
  readonly customer: 'none' | 'present' | 'deleted';
  readonly session: { readonly id: string; readonly status: 'open' | 'complete' | 'expired' } | null;
  /** A payment of this customer is under way, as with a bank debit. */
  readonly paymentPending: boolean;
  readonly subscriptions: readonly SubscriptionFacts[];
  readonly periods: readonly PaidPeriod[];
}
export const noFacts: BillingFacts = {
  customer: 'none',
  session: null,
  paymentPending: false,
  subscriptions: [],
  periods: [],
};

/** What we decide ourselves, whatever Stripe says. Times in Unix ms. */
export interface Decisions {
  readonly decision: 'none' | ApplicationState;
  readonly compedUntil: number | null;
  readonly isSuspended: boolean;
  readonly wasMember: boolean;
}
/** Where a membership stands. Entitled is who has `accessUntil` in the future; nothing else is asked. */
export interface Standing {
  readonly state: MembershipState;
  readonly because: Because;
  readonly subscriptionId: string | null;
  readonly periodStart: number | null;
  readonly periodEnd: number | null;
  readonly accessUntil: number | null;
  readonly cancelAtPeriodEnd: boolean;
}

/** After the end of a paid period, members stay members this long. */
export const GRACE_MS = 7 * 86_400_000;
const ENDED = ['canceled', 'incomplete_expired'];
const isLive = ({ status }: SubscriptionFacts): boolean => !ENDED.includes(status);
const isRefunded = (period: PaidPeriod): boolean =>
  period.payments.length > 0 && period.payments.every(({ refunded }) => refunded === 'fully');

/** The verdict on a membership: a pure function of our decisions, of Stripe as it is now, and of the time. */
export function standingOf(decisions: Decisions, billing: BillingFacts, now: number): Standing {
  const paid =
    decisions.decision === 'approved' ? billingStanding(billing, decisions.wasMember, now) : undecided(decisions);
  if (decisions.isSuspended) return { ...paid, state: 'suspended', because: 'suspended_by_us', accessUntil: null };
  const { compedUntil } = decisions;
  if (compedUntil !== null && compedUntil > now)
    return { ...paid, state: 'comped', because: 'comped', accessUntil: Math.max(compedUntil, paid.accessUntil ?? 0) };
  return paid;
}

const outside = (state: MembershipState, because: Because): Standing => ({
  state,
  because,
  subscriptionId: null,
  periodStart: null,
  periodEnd: null,
  accessUntil: null,
  cancelAtPeriodEnd: false,
});

function undecided({ decision }: Decisions): Standing {
  switch (decision) {
    case 'submitted':
      return outside('applied', 'waiting_for_decision');
    case 'rejected':
      return outside('rejected', 'application_rejected');
    case 'withdrawn':
      return outside('none', 'application_withdrawn');
    case 'expired':
      return outside('none', 'application_expired');
    case 'none':
    case 'approved':
      return outside('none', 'not_applied');
    default:
      return assertNever(decision);
  }
}

function billingStanding(billing: BillingFacts, wasMember: boolean, now: number): Standing {
  const governing = governingSubscription(billing);
  const period = governing && lastPeriod(billing, governing.id);
  const settled = governing && period ? paidStanding(billing, governing, period, now) : unpaid(billing, wasMember);
  const open = settled.accessUntil === null && settled.state !== 'suspended' ? pendingCheckout(billing) : undefined;
  return open ? { ...settled, state: 'checkout_pending', because: open } : settled;
}

function pendingCheckout({ session, paymentPending }: BillingFacts): Because | undefined {
  if (paymentPending) return 'payment_pending';
  return session?.status === 'open' ? 'checkout_open' : undefined;
}

function unpaid({ session, customer }: BillingFacts, wasMember: boolean): Standing {
  const state = wasMember ? 'lapsed' : 'approved';
  if (customer === 'deleted') return outside(state, 'customer_deleted');
  if (session?.status === 'expired') return outside(state, 'checkout_expired');
  if (session?.status === 'complete') return outside(state, 'payment_failed');
  return outside(state, 'application_approved');
}

const isPaying = ({ status }: SubscriptionFacts): boolean => status === 'active' || status === 'trialing';

/** The subscription that counts: a paying one before a failing one before an ended one; of two paying ones, the first. */
export function governingSubscription(billing: BillingFacts): SubscriptionFacts | undefined {
  const endOf = ({ id }: SubscriptionFacts): number => {
    const period = lastPeriod(billing, id);
    return period && !isRefunded(period) ? period.end : 0;
  };
  const rank = (one: SubscriptionFacts): number => (isPaying(one) ? 0 : isLive(one) ? 1 : 2);
  const byAge = (a: SubscriptionFacts, b: SubscriptionFacts): number => a.createdAt - b.createdAt;
  return billing.subscriptions
    .filter(({ id }) => lastPeriod(billing, id))
    .toSorted(
      (a, b) => rank(a) - rank(b) || (isPaying(a) ? byAge(a, b) : endOf(b) - endOf(a)) || (a.id < b.id ? -1 : 1),
    )[0];
}

function lastPeriod({ periods }: BillingFacts, subscriptionId: string): PaidPeriod | undefined {
  return periods.filter((one) => one.subscriptionId === subscriptionId).toSorted((a, b) => b.end - a.end)[0];
}

function paidStanding(billing: BillingFacts, governing: SubscriptionFacts, period: PaidPeriod, now: number): Standing {
  const { status, cancelAtPeriodEnd, endedBecause } = governing;
  const { start: periodStart, end } = period;
  const stand = (state: MembershipState, because: Because, accessUntil: number | null = null): Standing => ({
    state,
    because,
    subscriptionId: governing.id,
    periodStart,
    periodEnd: end,
    accessUntil,
    cancelAtPeriodEnd,
  });
  if (period.payments.some(({ dispute }) => dispute === 'lost')) return stand('cancelled', 'dispute_lost');
  if (billing.customer === 'deleted') return stand('lapsed', 'customer_deleted');
  if (period.payments.some(({ dispute }) => dispute === 'open')) return stand('suspended', 'dispute_open');
  if (isRefunded(period)) return stand(isLive(governing) ? 'suspended' : 'cancelled', 'refunded');
  const inGrace = now < end + GRACE_MS;
  switch (status) {
    case 'active':
    case 'trialing':
      if (cancelAtPeriodEnd)
        return now < end ? stand('cancelling', 'ends_with_period', end) : stand('cancelled', 'cancelled');
      if (now < end) return stand('active', 'paid', end + GRACE_MS);
      return inGrace ? stand('past_due', 'renewal_awaited', end + GRACE_MS) : stand('lapsed', 'renewal_missing');
    case 'past_due':
      return inGrace ? stand('past_due', 'payment_failed', end + GRACE_MS) : stand('lapsed', 'payment_failed');
    case 'canceled':
      return endedBecause === 'payment_failed' ? stand('lapsed', 'payment_failed') : stand('cancelled', 'cancelled');
    default:
      // unpaid, paused, incomplete, incomplete_expired, and what Stripe may yet invent: no access.
      return stand('lapsed', 'payment_failed');
  }
}

/** What must be undone at Stripe because it cannot be honoured. Each is safe to do twice. */
export type Compensation =
  | { readonly kind: 'refund'; readonly paymentId: string }
  | { readonly kind: 'cancel'; readonly subscriptionId: string }
  | { readonly kind: 'expire_checkout'; readonly sessionId: string };

/**
 * Money that came without a right to it goes back: paid without an approval, or paid a second time for the same days.
 * A refund comes before its cancellation, so that a crash between them is found again.
 */
export function compensations({ decision }: Decisions, billing: BillingFacts): readonly Compensation[] {
  const kept = decision === 'approved' ? governingSubscription(billing) : undefined;
  const keptPeriod = kept && lastPeriod(billing, kept.id);
  const surplus = billing.subscriptions.filter(
    (one) => isLive(one) && one.id !== kept?.id && (decision !== 'approved' || lastPeriod(billing, one.id)),
  );
  const { session } = billing;
  const isClosing = session?.status === 'open' && decision !== 'approved';
  return [
    ...(isClosing ? [{ kind: 'expire_checkout', sessionId: session.id } as const] : []),
    ...surplus.flatMap(({ id }) => [
      ...billing.periods
        .filter(({ subscriptionId, end }) => subscriptionId === id && (!keptPeriod || end > keptPeriod.start))
        .flatMap(({ payments }) => payments)
        .flatMap(({ id: paymentId, refunded }) =>
          paymentId === null || refunded === 'fully' ? [] : [{ kind: 'refund', paymentId } as const],
        ),
      { kind: 'cancel', subscriptionId: id } as const,
    ]),
  ];
}
