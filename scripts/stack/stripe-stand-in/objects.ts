/** The objects of the stand-in, shaped as Stripe's: the fields that are read here, and those that make them typical. */
export interface Customer {
  readonly id: string;
  readonly object: 'customer';
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly livemode: false;
  deleted?: true;
}
export interface Session {
  readonly id: string;
  readonly object: 'checkout.session';
  readonly created: number;
  readonly mode: 'subscription';
  readonly customer: string;
  readonly client_reference_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expires_at: number;
  readonly success_url: string;
  readonly cancel_url: string;
  url: string | null;
  status: 'open' | 'complete' | 'expired';
  payment_status: 'unpaid' | 'paid' | 'no_payment_required';
  subscription: string | null;
}
export interface Subscription {
  readonly id: string;
  readonly object: 'subscription';
  readonly created: number;
  readonly customer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly items: {
    readonly object: 'list';
    readonly data: [{ object: 'subscription_item'; current_period_start: number; current_period_end: number }];
  };
  status: 'active' | 'past_due' | 'incomplete' | 'incomplete_expired' | 'canceled' | 'unpaid';
  cancel_at_period_end: boolean;
  ended_at: number | null;
  cancellation_details: { reason: string | null };
}
export interface Invoice {
  readonly id: string;
  readonly object: 'invoice';
  readonly created: number;
  readonly customer: string;
  readonly amount_due: number;
  readonly currency: 'usd';
  readonly parent: { readonly subscription_details: { readonly subscription: string } };
  readonly lines: { readonly object: 'list'; readonly data: { period: { start: number; end: number } }[] };
  readonly payments: {
    readonly object: 'list';
    readonly data: { status: string; payment: { type: 'payment_intent'; payment_intent: string } }[];
  };
  status: 'open' | 'paid' | 'void';
}
export interface Charge {
  readonly id: string;
  readonly object: 'charge';
  readonly created: number;
  readonly customer: string;
  readonly amount: number;
  readonly currency: 'usd';
  readonly payment_intent: string;
  status: 'succeeded' | 'pending' | 'failed';
  amount_refunded: number;
  refunded: boolean;
  disputed: boolean;
}
export interface Dispute {
  readonly id: string;
  readonly object: 'dispute';
  readonly created: number;
  readonly charge: string;
  readonly payment_intent: string;
  status: 'needs_response' | 'won' | 'lost';
}
export interface StripeEvent {
  readonly id: string;
  readonly object: 'event';
  readonly type: string;
  readonly created: number;
  readonly api_version: string;
  readonly livemode: false;
  readonly data: { readonly object: unknown };
}

/** Everything the stand-in knows; plain data, so that a stack keeps it in a file between two starts. */
export interface Books {
  /** Seconds by which its clock is ahead of the real one. */
  ahead: number;
  customers: Customer[];
  sessions: Session[];
  subscriptions: Subscription[];
  invoices: Invoice[];
  charges: Charge[];
  disputes: Dispute[];
  events: StripeEvent[];
  /** Subscriptions whose next charges fail. */
  failing: string[];
}
export const emptyBooks = (): Books => ({
  ahead: 0,
  customers: [],
  sessions: [],
  subscriptions: [],
  invoices: [],
  charges: [],
  disputes: [],
  events: [],
  failing: [],
});

/** How a payment page is left. */
type Outcome = 'paid' | 'bank_debit' | 'free' | 'declined' | 'cancelled';

/** Stripe as far as a membership meets it: every change tells its events. */
export interface World {
  readonly books: Books;
  now(): number;
  createCustomer(metadata: Readonly<Record<string, string>>): string;
  deleteCustomer(id: string): void;
  openSession(
    given: Pick<Session, 'customer' | 'client_reference_id' | 'metadata' | 'expires_at' | 'success_url' | 'cancel_url'>,
  ): Session;
  leave(sessionId: string, outcome: Outcome): void;
  /** A bank debit comes through, or does not. */
  settle(sessionId: string, paid: boolean): void;
  expire(sessionId: string): void;
  setCancelAtPeriodEnd(subscriptionId: string, value: boolean): void;
  cancel(subscriptionId: string, reason?: string): void;
  /** Makes the next charges of a subscription fail, or work again. */
  setFailing(subscriptionId: string, failing: boolean): void;
  /** Pays what is owed now, as a customer does on the invoice's page. */
  payOwed(subscriptionId: string): void;
  refund(paymentIntent: string, amount?: number): void;
  dispute(paymentIntent: string): string;
  closeDispute(id: string, won: boolean): void;
  /** Moves the clock: renewals, dunning and expiry happen on the way. */
  advance(seconds: number): void;
}
