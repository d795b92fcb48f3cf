import { parseForm, textOf, textsOf, type Form } from './form.js';
import type { Books, World } from './objects.js';
import { AMOUNT_CENTS } from './world.js';

export interface Call {
  readonly method: string;
  /** Steps of the path after /v1. */
  readonly path: readonly string[];
  readonly form: Form;
}
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export const readCall = (method: string, pathname: string, text: string): Call => ({
  method,
  path: pathname.split('/').slice(2).filter(Boolean),
  form: parseForm(text),
});

const list = (data: readonly unknown[]): Answered => ({
  status: 200,
  body: { object: 'list', url: '/v1', has_more: false, data },
});
const ok = (body: unknown): Answered => ({ status: 200, body });
export const failure = (status: number, code: string, message: string): Answered => ({
  status,
  body: {
    error: {
      type: status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'api_error',
      code,
      message,
    },
  },
});
const missing = (id: string): Answered => failure(404, 'resource_missing', `No such object: '${id}'`);

/** The calls of Stripe's API that the product makes, over a world. */
export function answerCall(world: World, base: string, { method, path, form }: Call): Answered {
  const { books } = world;
  const [noun = '', second = '', third = ''] = path;
  const at = `${method} ${[noun, ...(noun === 'checkout' || noun === 'billing_portal' ? [second] : [])].join('/')}`;
  switch (at) {
    case 'GET prices':
      return list([
        {
          id: 'price_membership_annual',
          object: 'price',
          active: true,
          unit_amount: AMOUNT_CENTS,
          currency: 'usd',
          recurring: { interval: 'year', interval_count: 1 },
        },
      ]);
    case 'POST customers': {
      const id = world.createCustomer(textsOf(form, 'metadata'));
      return ok(books.customers.find((one) => one.id === id));
    }
    case 'GET customers':
      return one(books.customers, second);
    case 'POST checkout/sessions':
      return path.length === 2 ? openSession(world, base, form) : expire(world, third);
    case 'GET checkout/sessions':
      return one(books.sessions, third);
    case 'GET subscriptions':
      return list(ofCustomer(books.subscriptions, form));
    case 'DELETE subscriptions':
      if (!books.subscriptions.some(({ id }) => id === second)) return missing(second);
      world.cancel(second);
      return one(books.subscriptions, second);
    case 'GET invoices':
      return list(
        ofCustomer(books.invoices, form).filter(({ status }) => status === (textOf(form, 'status') ?? status)),
      );
    case 'GET charges':
      return list(ofCustomer(books.charges, form));
    case 'GET disputes':
      return list(books.disputes.filter(({ payment_intent }) => payment_intent === textOf(form, 'payment_intent')));
    case 'GET payment_intents':
      return payment(books, second);
    case 'POST refunds':
      return refund(world, form);
    case 'POST billing_portal/sessions':
      return ok({
        id: 'bps_stand_in',
        object: 'billing_portal.session',
        url: `${base}/portal/${textOf(form, 'customer') ?? ''}`,
      });
    case 'GET events':
      return list(books.events.toReversed());
    default:
      return failure(404, 'unknown_url', `The stand-in does not know ${method} /v1/${path.join('/')}`);
  }
}

function one(objects: readonly { readonly id: string }[], id: string): Answered {
  const found = objects.find((each) => each.id === id);
  return found ? ok(found) : missing(id);
}

const ofCustomer = <T extends { readonly customer: string }>(objects: readonly T[], form: Form): readonly T[] => {
  const customer = textOf(form, 'customer');
  return objects.filter((each) => customer === undefined || each.customer === customer).toReversed();
};

function openSession(world: World, base: string, form: Form): Answered {
  const customer = textOf(form, 'customer') ?? '';
  if (!world.books.customers.some(({ id, deleted }) => id === customer && deleted !== true)) return missing(customer);
  const session = world.openSession({
    customer,
    client_reference_id: textOf(form, 'client_reference_id') ?? null,
    metadata: textsOf(form, 'metadata'),
    expires_at: Number(textOf(form, 'expires_at') ?? world.now() + 86_400),
    success_url: textOf(form, 'success_url') ?? '',
    cancel_url: textOf(form, 'cancel_url') ?? '',
  });
  session.url = `${base}/pay/${session.id}`;
  return ok(session);
}

function expire(world: World, id: string): Answered {
  const session = world.books.sessions.find((each) => each.id === id);
  if (!session) return missing(id);
  if (session.status !== 'open') return failure(400, 'invalid_request', `The session is ${session.status}, not open`);
  world.expire(id);
  return ok(session);
}

function payment({ charges }: Books, id: string): Answered {
  const charge = charges.find(({ payment_intent }) => payment_intent === id);
  return charge ? ok({ id, object: 'payment_intent', customer: charge.customer }) : missing(id);
}

function refund(world: World, form: Form): Answered {
  const id = textOf(form, 'payment_intent') ?? '';
  const charge = world.books.charges.find(({ payment_intent }) => payment_intent === id);
  if (!charge) return missing(id);
  if (charge.refunded) return failure(400, 'charge_already_refunded', 'The charge was refunded already');
  world.refund(id);
  return ok({ id: `re_${id.slice(3)}`, object: 'refund', status: 'succeeded', payment_intent: id });
}
