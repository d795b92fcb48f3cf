import { randomBytes } from 'node:crypto';
import {
  emptyBooks,
  type Books,
  type Charge,
  type Invoice,
  type Session,
  type StripeEvent,
  type Subscription,
  type World,
} from './objects.js';

export const AMOUNT_CENTS = 10_000;
const YEAR = 365 * 86_400;
/** After the end of an unpaid period Stripe tries again for about this long, then gives the subscription up. */
const DUNNING = 14 * 86_400;

const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

export function createWorld(
  onEvent: (event: StripeEvent) => void,
  { books = emptyBooks(), clock = () => Math.floor(Date.now() / 1000) }: { books?: Books; clock?: () => number } = {},
): World {
  const now = (): number => clock() + books.ahead;
  const find = <T extends { readonly id: string }>(list: readonly T[], id: string): T => {
    const found = list.find((one) => one.id === id);
    if (!found) throw new Error(`No such object: '${id}'`);
    return found;
  };
  const emit = (type: string, object: object): void => {
    const event: StripeEvent = {
      id: newId('evt'),
      object: 'event',
      type,
      created: now(),
      api_version: '2026-10-28.endive',
      livemode: false,
      data: { object: structuredClone(object) },
    };
    books.events.push(event);
    onEvent(event);
  };
  const charge = (customer: string, status: Charge['status']): Charge => {
    const made: Charge = {
      id: newId('ch'),
      object: 'charge',
      created: now(),
      customer,
      amount: AMOUNT_CENTS,
      currency: 'usd',
      payment_intent: newId('pi'),
      status,
      amount_refunded: 0,
      refunded: false,
      disputed: false,
    };
    books.charges.push(made);
    return made;
  };
  const bill = ({ id, customer }: Subscription, start: number, amount: number): Invoice => {
    const invoice: Invoice = {
      id: newId('in'),
      object: 'invoice',
      created: now(),
      customer,
      amount_due: amount,
      currency: 'usd',
      parent: { subscription_details: { subscription: id } },
      lines: { object: 'list', data: [{ period: { start, end: start + YEAR } }] },
      payments: { object: 'list', data: [] },
      status: 'open',
    };
    books.invoices.push(invoice);
    return invoice;
  };
  const payInvoice = (invoice: Invoice, paid: Charge | undefined): void => {
    if (paid)
      invoice.payments.data.push({
        status: 'paid',
        payment: { type: 'payment_intent', payment_intent: paid.payment_intent },
      });
    invoice.status = 'paid';
    emit('invoice.paid', invoice);
  };
  const subscribe = (session: Session, status: Subscription['status']): Subscription => {
    const start = now();
    const subscription: Subscription = {
      id: newId('sub'),
      object: 'subscription',
      created: start,
      customer: session.customer,
      metadata: session.metadata,
      items: {
        object: 'list',
        data: [{ object: 'subscription_item', current_period_start: start, current_period_end: start + YEAR }],
      },
      status,
      cancel_at_period_end: false,
      ended_at: null,
      cancellation_details: { reason: null },
    };
    books.subscriptions.push(subscription);
    session.subscription = subscription.id;
    emit('customer.subscription.created', subscription);
    return subscription;
  };
  const end = (subscription: Subscription, reason: string): void => {
    if (subscription.status === 'canceled') return;
    subscription.status = 'canceled';
    subscription.ended_at = now();
    subscription.cancellation_details = { reason };
    emit('customer.subscription.deleted', subscription);
  };
  const openInvoiceOf = (id: string): Invoice | undefined =>
    books.invoices.findLast(
      ({ status, parent }) => status === 'open' && parent.subscription_details.subscription === id,
    );
  const expire = (sessionId: string): void => {
    const session = find(books.sessions, sessionId);
    if (session.status !== 'open') throw new Error(`The session is ${session.status}, not open`);
    session.status = 'expired';
    session.url = null;
    emit('checkout.session.expired', session);
  };
  const renew = (subscription: Subscription): void => {
    const [item] = subscription.items.data;
    if (subscription.cancel_at_period_end) {
      end(subscription, 'cancellation_requested');
      return;
    }
    const invoice = bill(subscription, item.current_period_end, AMOUNT_CENTS);
    item.current_period_start = item.current_period_end;
    item.current_period_end += YEAR;
    if (books.failing.includes(subscription.id)) {
      charge(subscription.customer, 'failed');
      subscription.status = 'past_due';
      emit('invoice.payment_failed', invoice);
    } else payInvoice(invoice, charge(subscription.customer, 'succeeded'));
    emit('customer.subscription.updated', subscription);
  };
  const complete = (session: Session, paymentStatus: Session['payment_status']): void => {
    session.status = 'complete';
    session.payment_status = paymentStatus;
    session.url = null;
    emit('checkout.session.completed', session);
  };
  const world: World = {
    books,
    now,
    createCustomer(metadata) {
      const id = newId('cus');
      books.customers.push({ id, object: 'customer', created: now(), metadata, livemode: false });
      return id;
    },
    deleteCustomer(id) {
      const customer = find(books.customers, id);
      customer.deleted = true;
      for (const one of books.subscriptions.filter((each) => each.customer === id)) end(one, 'cancellation_requested');
      emit('customer.deleted', customer);
    },
    openSession(given) {
      const id = newId('cs_test');
      const session: Session = {
        ...given,
        id,
        object: 'checkout.session',
        created: now(),
        mode: 'subscription',
        url: null,
        status: 'open',
        payment_status: 'unpaid',
        subscription: null,
      };
      books.sessions.push(session);
      return session;
    },
    leave(sessionId, outcome) {
      const session = find(books.sessions, sessionId);
      if (session.status !== 'open') throw new Error(`The session is ${session.status}, not open`);
      if (outcome === 'cancelled') return;
      if (outcome === 'declined') {
        charge(session.customer, 'failed');
        return;
      }
      const subscription = subscribe(session, 'active');
      const invoice = bill(subscription, subscription.created, outcome === 'free' ? 0 : AMOUNT_CENTS);
      if (outcome === 'bank_debit') {
        charge(session.customer, 'pending');
        complete(session, 'unpaid');
        return;
      }
      payInvoice(invoice, outcome === 'free' ? undefined : charge(session.customer, 'succeeded'));
      complete(session, outcome === 'free' ? 'no_payment_required' : 'paid');
    },
    settle(sessionId, paid) {
      const session = find(books.sessions, sessionId);
      const subscription = find(books.subscriptions, session.subscription ?? '');
      const pending = books.charges.find(
        ({ customer, status }) => customer === session.customer && status === 'pending',
      );
      const invoice = openInvoiceOf(subscription.id);
      if (!pending || !invoice) throw new Error('No payment is under way');
      pending.status = paid ? 'succeeded' : 'failed';
      if (paid) {
        payInvoice(invoice, pending);
        session.payment_status = 'paid';
        emit('checkout.session.async_payment_succeeded', session);
      } else {
        emit('invoice.payment_failed', invoice);
        emit('checkout.session.async_payment_failed', session);
        end(subscription, 'payment_failed');
      }
    },
    expire,
    setCancelAtPeriodEnd(id, value) {
      const subscription = find(books.subscriptions, id);
      subscription.cancel_at_period_end = value;
      emit('customer.subscription.updated', subscription);
    },
    cancel: (id, reason = 'cancellation_requested') => {
      end(find(books.subscriptions, id), reason);
    },
    setFailing(id, failing) {
      books.failing = books.failing.filter((one) => one !== id);
      if (failing) books.failing.push(id);
    },
    payOwed(id) {
      const subscription = find(books.subscriptions, id);
      const invoice = openInvoiceOf(id);
      if (!invoice) throw new Error('Nothing is owed');
      payInvoice(invoice, charge(subscription.customer, 'succeeded'));
      if (subscription.status !== 'past_due') return;
      subscription.status = 'active';
      emit('customer.subscription.updated', subscription);
    },
    refund(paymentIntent, amount) {
      const refunded = books.charges.find(({ payment_intent }) => payment_intent === paymentIntent);
      if (!refunded) throw new Error(`No such object: '${paymentIntent}'`);
      refunded.amount_refunded = Math.min(refunded.amount, refunded.amount_refunded + (amount ?? refunded.amount));
      refunded.refunded = refunded.amount_refunded === refunded.amount;
      emit('charge.refunded', refunded);
    },
    dispute(paymentIntent) {
      const disputed = books.charges.find(({ payment_intent }) => payment_intent === paymentIntent);
      if (!disputed) throw new Error(`No such object: '${paymentIntent}'`);
      disputed.disputed = true;
      const id = newId('dp');
      const status = 'needs_response' as const;
      books.disputes.push({
        id,
        object: 'dispute',
        created: now(),
        charge: disputed.id,
        payment_intent: paymentIntent,
        status,
      });
      emit('charge.dispute.created', find(books.disputes, id));
      return id;
    },
    closeDispute(id, won) {
      const dispute = find(books.disputes, id);
      dispute.status = won ? 'won' : 'lost';
      emit('charge.dispute.closed', dispute);
    },
    advance(seconds) {
      books.ahead += seconds;
      for (const { id, status, expires_at } of [...books.sessions])
        if (status === 'open' && expires_at <= now()) expire(id);
      for (const one of books.subscriptions) {
        while (one.status === 'active' && one.items.data[0].current_period_end <= now()) renew(one);
        if (one.status === 'past_due' && one.items.data[0].current_period_start + DUNNING <= now())
          end(one, 'payment_failed');
      }
    },
  };
  return world;
}
