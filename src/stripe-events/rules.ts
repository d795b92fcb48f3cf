/** The events that say something about a membership; others are kept as ignored. */
export const handledEvents: readonly string[] = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.trial_will_end',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.upcoming',
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'customer.deleted',
];

/** How an event ended: it led to a reading of its membership, it says nothing to us, or nobody here knows its customer. */
export type EventOutcome = 'read' | 'ignored' | 'unknown_customer';

/** An event whose customer nobody knows waits this long for one to turn up, in milliseconds. */
export const UNKNOWN_PATIENCE_MS = 3_600_000;
