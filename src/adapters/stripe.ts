import Stripe from 'stripe';
import { noticeOf } from './stripe-webhook.js';
import { isDisputed, paymentOf, readFacts } from '../billing/facts.js';
import { noFacts, type BillingFacts } from '../billing/rules.js';
import { Refusal } from '../kernel/refusals.js';

/** What the price of a membership is called at Stripe; amount and currency there must be these. */
const LOOKUP_KEY = 'membership_annual';
export const PRICE = { plan: 'annual', amountCents: 10_000, currency: 'usd' } as const;
export const API_VERSION = '2026-10-28.endive';
/** One try of a call; the library repeats twice under the same idempotency key. */
const TIMEOUT_MS = 8000;

export interface CheckoutOrder {
  readonly customerId: string;
  readonly orgId: string;
  readonly membershipId: string;
  readonly applicationId: string;
  readonly priceId: string;
  /** Counts the sessions of a membership: the idempotency key of this one. */
  readonly attempt: number;
  readonly expiresAt: Date;
}
export interface StripeNotice {
  readonly id: string;
  readonly type: string;
  readonly createdAt: Date;
  readonly customerId: string | null;
  /** The payment it is about: disputes and refunds name no customer. */
  readonly paymentId: string | null;
  readonly membershipId: string | null;
}

/** Everything the product asks of Stripe. Reads are of now; every write may be repeated with the same arguments. */
export interface Billing {
  /** Re-reads all that decides a membership. */
  readFacts(given: { readonly customerId: string | null; readonly sessionId: string | null }): Promise<BillingFacts>;
  /** The id of the price by its lookup key; refuses one that is not what members are told. */
  findPrice(): Promise<string>;
  createCustomer(given: { orgId: string; membershipId: string; attempt: number }): Promise<string>;
  openCheckout(order: CheckoutOrder): Promise<{ readonly id: string; readonly url: string }>;
  /** Closes an open session; one that is over already is left as it is. */
  expireCheckout(sessionId: string): Promise<void>;
  /** Whose payment it is. */
  findPayer(paymentId: string): Promise<string | null>;
  openPortal(customerId: string): Promise<string>;
  /** Gives a whole payment back, once: a second time changes nothing. */
  refund(paymentId: string): Promise<void>;
  cancelSubscription(subscriptionId: string): Promise<void>;
  /** Every subscription of the account, for reconciliation. */
  listSubscriptions(): AsyncIterable<{ readonly id: string; readonly customerId: string }>;
  /** The account's events since a time, for replay; Stripe keeps them for thirty days. */
  listEvents(since: Date): AsyncIterable<StripeNotice>;
}

export interface StripeOptions {
  readonly secretKey: string;
  readonly publicUrl: string;
  /** Another server that speaks Stripe's protocol: the local stand-in or stripe-mock. */
  readonly apiBase?: string | undefined;
  readonly timeoutMs?: number;
}

/** Stripe through its official library, at a pinned API version, telling it nothing besides the calls. */
export function createStripe({ secretKey, publicUrl, apiBase, timeoutMs = TIMEOUT_MS }: StripeOptions): Billing {
  const stripe = new Stripe(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 2,
    telemetry: false,
    timeout: timeoutMs,
    ...elsewhere(apiBase),
  });
  return {
    readFacts: (given) => gatherFacts(stripe, given),
    async findPrice() {
      const { data } = await stripe.prices.list({ lookup_keys: [LOOKUP_KEY], active: true, limit: 2 });
      const [price, another] = data;
      const isRight =
        price?.unit_amount === PRICE.amountCents &&
        price.currency === PRICE.currency &&
        price.recurring?.interval === 'year' &&
        price.recurring.interval_count === 1;
      if (isRight && !another) return price.id;
      throw new Refusal('billing_unavailable', `Stripe has no single price ${LOOKUP_KEY} of 100 USD a year.`);
    },
    async createCustomer({ orgId, membershipId, attempt }) {
      const metadata = { org_id: orgId, membership_id: membershipId };
      const idempotencyKey = `cu:${membershipId}:${String(attempt)}`;
      return (await stripe.customers.create({ metadata }, { idempotencyKey })).id;
    },
    async openCheckout(order) {
      const metadata = {
        org_id: order.orgId,
        membership_id: order.membershipId,
        application_id: order.applicationId,
      };
      const { id, url } = await stripe.checkout.sessions.create(
        {
          mode: 'subscription',
          customer: order.customerId,
          line_items: [{ price: order.priceId, quantity: 1 }],
          client_reference_id: order.membershipId,
          metadata,
          subscription_data: { metadata },
          expires_at: Math.floor(order.expiresAt.getTime() / 1000),
          success_url: `${publicUrl}/membership/checkout/return?session_id={CHECKOUT_SESSION_ID}`,
          cancel_url: `${publicUrl}/membership/checkout/return`,
        },
        { idempotencyKey: `co:${order.membershipId}:${String(order.attempt)}` },
      );
      if (!url) throw new Error('openCheckout: the session has no address');
      return { id, url };
    },
    async expireCheckout(sessionId) {
      await tolerating(['resource_missing', 'invalid_request'], () => stripe.checkout.sessions.expire(sessionId));
    },
    async openPortal(customer) {
      const { url } = await stripe.billingPortal.sessions.create({
        customer,
        return_url: `${publicUrl}/membership/checkout/return`,
      });
      return url;
    },
    async findPayer(paymentId) {
      const payment = await unlessMissing(() => stripe.paymentIntents.retrieve(paymentId));
      const { customer = null } = payment ?? {};
      return typeof customer === 'string' ? customer : (customer?.id ?? null);
    },
    async refund(paymentId) {
      await tolerating(['charge_already_refunded'], () =>
        stripe.refunds.create(
          { payment_intent: paymentId, reason: 'duplicate' },
          { idempotencyKey: `refund:${paymentId}` },
        ),
      );
    },
    async cancelSubscription(id) {
      await tolerating(['resource_missing'], () => stripe.subscriptions.cancel(id));
    },
    async *listSubscriptions() {
      for await (const { id, customer } of stripe.subscriptions.list({ status: 'all', limit: 100 }))
        yield { id, customerId: typeof customer === 'string' ? customer : customer.id };
    },
    async *listEvents(since) {
      const gte = Math.floor(since.getTime() / 1000);
      for await (const event of stripe.events.list({ created: { gte }, limit: 100 })) yield noticeOf(event);
    },
  };
}

function elsewhere(apiBase: string | undefined): Stripe.StripeConfig {
  if (apiBase === undefined) return {};
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: Number(port || (isPlain ? 80 : 443)), protocol: isPlain ? 'http' : 'https' };
}

async function gatherFacts(
  stripe: Stripe,
  { customerId, sessionId }: { readonly customerId: string | null; readonly sessionId: string | null },
): Promise<BillingFacts> {
  if (customerId === null) return noFacts;
  const [customer, session, subscriptions, invoices, charges] = await Promise.all([
    unlessMissing(() => stripe.customers.retrieve(customerId)),
    sessionId === null ? null : unlessMissing(() => stripe.checkout.sessions.retrieve(sessionId)),
    listOf(() => stripe.subscriptions.list({ customer: customerId, status: 'all', limit: 100 })),
    listOf(() => stripe.invoices.list({ customer: customerId, status: 'paid', limit: 100, expand: ['data.payments'] })),
    listOf(() => stripe.charges.list({ customer: customerId, limit: 100 })),
  ]);
  const disputed = charges.filter(isDisputed).flatMap((charge) => paymentOf(charge) ?? []);
  const disputes = await Promise.all(
    disputed.map(async (payment_intent) => (await stripe.disputes.list({ payment_intent, limit: 100 })).data),
  );
  return readFacts({
    customer: customer && !customer.deleted ? 'present' : 'deleted',
    session,
    subscriptions,
    paidInvoices: invoices,
    charges,
    disputes: disputes.flat(),
  });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Stripe.errors.StripeInvalidRequestError ? (error.code ?? 'invalid_request') : undefined;

async function tolerating(codes: readonly string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === 'resource_missing') return null;
    throw error;
  }
}

/** A customer that is gone has nothing. */
async function listOf<T>(work: () => Promise<{ readonly data: T[] }>): Promise<T[]> {
  return (await unlessMissing(work))?.data ?? [];
}
