import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StripeEvent, World } from '../../scripts/stack/stripe-stand-in/objects.js';
import { createWorld } from '../../scripts/stack/stripe-stand-in/world.js';
import { readFacts } from '../../src/billing/facts.js';
import { compensations, noFacts, standingOf, type BillingFacts, type Decisions } from '../../src/billing/rules.js';
import {
  leadsTo,
  membershipEvents,
  membershipStates,
  nextDeadline,
  receiptFor,
  remindersDue,
  transitions,
  type MembershipState,
} from '../../src/membership/rules.js';

const DAY = 86_400;
const YEAR = 365 * DAY;
const START = 1_800_000_000;
const approved: Decisions = { decision: 'approved', compedUntil: null, isSuspended: false, wasMember: false };

/** One customer's Stripe, with the steps of a trace at hand. */
function stage(): { world: World; events: StripeEvent[]; act: Record<string, () => void>; facts: () => BillingFacts } {
  const events: StripeEvent[] = [];
  const world = createWorld((event) => events.push(event), { clock: () => START });
  const { books } = world;
  const customer = world.createCustomer({});
  const place = { customer, client_reference_id: 'mbr_1', metadata: {}, success_url: '', cancel_url: '' };
  const session = world.openSession({ ...place, expires_at: START + DAY });
  const subscription = (): string => books.subscriptions[0]?.id ?? '';
  const payment = (): string => books.invoices.at(-1)?.payments.data[0]?.payment.payment_intent ?? '';
  return {
    world,
    events,
    facts: () =>
      readFacts({
        customer: books.customers[0]?.deleted === true ? 'deleted' : 'present',
        session,
        subscriptions: books.subscriptions,
        paidInvoices: books.invoices.filter(({ status }) => status === 'paid'),
        charges: books.charges,
        disputes: books.disputes,
      }),
    act: {
      pay: () => {
        world.leave(session.id, 'paid');
      },
      payNothing: () => {
        world.leave(session.id, 'free');
      },
      debit: () => {
        world.leave(session.id, 'bank_debit');
      },
      debitPaid: () => {
        world.settle(session.id, true);
      },
      debitFailed: () => {
        world.settle(session.id, false);
      },
      expire: () => {
        world.expire(session.id);
      },
      year: () => {
        world.advance(YEAR + 60);
      },
      fortnight: () => {
        world.advance(15 * DAY);
      },
      failing: () => {
        world.setFailing(subscription(), true);
      },
      payOwed: () => {
        world.payOwed(subscription());
      },
      refund: () => {
        world.refund(payment());
      },
      refundPart: () => {
        world.refund(payment(), 100);
      },
      dispute: () => {
        world.dispute(payment());
      },
      won: () => {
        world.closeDispute(books.disputes[0]?.id ?? '', true);
      },
      lost: () => {
        world.closeDispute(books.disputes[0]?.id ?? '', false);
      },
      stop: () => {
        world.setCancelAtPeriodEnd(subscription(), true);
      },
      resume: () => {
        world.setCancelAtPeriodEnd(subscription(), false);
      },
      end: () => {
        world.cancel(subscription());
      },
      deleteCustomer: () => {
        world.deleteCustomer(customer);
      },
    },
  };
}

/** Traces, and what they come to whoever looks when: written by hand, not computed. */
const traces: readonly (readonly [string, readonly string[], string])[] = [
  ['activation', ['pay'], 'active paid'],
  ['nothing to pay', ['payNothing'], 'active paid'],
  ['a page left to expire', ['expire'], 'approved checkout_expired'],
  ['a bank debit under way', ['debit'], 'checkout_pending payment_pending'],
  ['a bank debit confirmed', ['debit', 'debitPaid'], 'active paid'],
  ['a bank debit that fails', ['debit', 'debitFailed'], 'approved payment_failed'],
  ['a renewal', ['pay', 'year'], 'active paid'],
  ['a failed renewal', ['pay', 'failing', 'year'], 'past_due payment_failed'],
  ['failure, then recovery', ['pay', 'failing', 'year', 'payOwed'], 'active paid'],
  ['failure without recovery', ['pay', 'failing', 'year', 'fortnight'], 'lapsed payment_failed'],
  ['a refund', ['pay', 'refund'], 'suspended refunded'],
  ['a refund and its end', ['pay', 'refund', 'end'], 'cancelled refunded'],
  ['a partial refund', ['pay', 'refundPart'], 'active paid'],
  ['a dispute', ['pay', 'dispute'], 'suspended dispute_open'],
  ['a dispute won', ['pay', 'dispute', 'won'], 'active paid'],
  ['a dispute lost', ['pay', 'dispute', 'lost'], 'cancelled dispute_lost'],
  ['cancelled for the end', ['pay', 'stop'], 'cancelling ends_with_period'],
  ['cancelled and resumed', ['pay', 'stop', 'resume'], 'active paid'],
  ['cancelled and over', ['pay', 'stop', 'year'], 'cancelled cancelled'],
  ['ended at once', ['pay', 'end'], 'cancelled cancelled'],
  ['customer deleted', ['pay', 'deleteCustomer'], 'lapsed customer_deleted'],
];

/**
 * Plays a trace with its events delivered late, in any order and more than once: `turns` says for each moment whether
 * Stripe moves on or an event that was sent arrives. All that were not delivered arrive, permuted, at the end.
 */
function play(
  steps: readonly string[],
  turns: readonly number[],
): { last: string; occasions: Set<string>; activated: number } {
  const { world, events, act, facts } = stage();
  const waiting = [...steps];
  const delivered = new Set<string>();
  let state: MembershipState = 'checkout_pending';
  let periodEnd: number | null = null;
  let wasMember = false;
  let because = 'checkout_open';
  const occasions = new Set<string>();
  const deliver = (event: StripeEvent): void => {
    delivered.add(event.id);
    const next = standingOf({ ...approved, wasMember }, facts(), world.now() * 1000);
    expect([state, leadsTo('observe', state, next.state)]).toEqual([state, true]);
    const receipt = receiptFor({ state, periodEnd }, next);
    if (receipt) occasions.add(receipt.occasion);
    ({ state, periodEnd, because } = next);
    wasMember ||= next.accessUntil !== null;
  };
  const step = (): void => {
    const name = waiting.shift();
    if (name !== undefined) act[name]?.();
  };
  for (const turn of turns) {
    const event = events[Math.floor(turn / 2) % Math.max(events.length, 1)];
    if (turn % 2 === 0 || !event) step();
    else deliver(event);
  }
  while (waiting.length > 0) step();
  const late = events.filter(({ id }) => !delivered.has(id));
  const last = events.at(-1);
  if (last && !late.includes(last)) late.push(last);
  for (const event of late.toSorted((a, b) => (a.id < b.id ? -1 : 1))) deliver(event);
  const activated = [...occasions].filter((one) => one.startsWith('activated')).length;
  return { last: `${state} ${because}`, occasions, activated };
}

test.each(traces)(
  '%s comes to one state, in every order and with every repetition of its events',
  (_name, steps, expected) => {
    expect(play(steps, []).last).toBe(expected);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 40 }), (turns) => {
        const { last, activated } = play(steps, turns);
        expect(last).toBe(expected);
        expect(activated).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  },
);

test('every state has a row in the table or is left by observation, and none leads out of the states', () => {
  for (const event of membershipEvents)
    for (const targets of Object.values(transitions[event]))
      for (const to of targets) expect(membershipStates).toContain(to);
  for (const state of membershipStates) {
    expect(transitions.observe[state]).toContain(state);
    if (state !== 'none')
      expect(membershipEvents.some((event) => Object.values(transitions[event]).flat().includes(state))).toBe(true);
  }
});

test('money without a right to it goes back, the refund before the end of its subscription', () => {
  const { act, facts } = stage();
  act['pay']?.();
  expect(compensations(approved, facts())).toEqual([]);
  const rejected = compensations({ ...approved, decision: 'rejected' }, facts());
  expect(rejected.map(({ kind }) => kind)).toEqual(['refund', 'cancel']);
  act['refund']?.();
  expect(compensations({ ...approved, decision: 'rejected' }, facts()).map(({ kind }) => kind)).toEqual(['cancel']);
  act['end']?.();
  expect(compensations({ ...approved, decision: 'rejected' }, facts())).toEqual([]);
  expect(compensations({ ...approved, decision: 'rejected' }, stage().facts()).map(({ kind }) => kind)).toEqual([
    'expire_checkout',
  ]);
});

test('a second payment for the same days goes back; one after a failed year is kept, and the old year stays paid', () => {
  const { world, act, facts } = stage();
  act['pay']?.();
  const first = world.books.sessions[0];
  if (!first) throw new Error('no session');
  const again = (): void => {
    world.leave(world.openSession({ ...first, expires_at: world.now() + DAY }).id, 'paid');
  };
  again();
  expect(compensations(approved, facts()).map(({ kind }) => kind)).toEqual(['refund', 'cancel']);
  const later = stage();
  for (const name of ['pay', 'failing', 'year']) later.act[name]?.();
  const old = later.world.books.sessions[0];
  if (!old) throw new Error('no session');
  later.world.leave(later.world.openSession({ ...old, expires_at: later.world.now() + DAY }).id, 'paid');
  expect(compensations(approved, later.facts())).toEqual([
    { kind: 'cancel', subscriptionId: later.world.books.subscriptions[0]?.id },
  ]);
});

test('access ends by the clock alone: with the period when cancelled, with the days of grace when not renewed', () => {
  const { act, facts } = stage();
  act['pay']?.();
  const at = (days: number): string => standingOf(approved, facts(), (START + days * DAY) * 1000).state;
  expect([at(0), at(364), at(366), at(371), at(373)]).toEqual(['active', 'active', 'past_due', 'past_due', 'lapsed']);
  act['stop']?.();
  expect([at(0), at(364), at(366)]).toEqual(['cancelling', 'cancelling', 'cancelled']);
});

test('a grant counts beside a payment, and a suspension of ours before both', () => {
  const now = START * 1000;
  const comped = { ...approved, decision: 'none', compedUntil: now + 1000 } as const;
  expect(standingOf(comped, noFacts, now)).toMatchObject({ state: 'comped', accessUntil: now + 1000 });
  expect(standingOf(comped, noFacts, now + 1000)).toMatchObject({ state: 'none', accessUntil: null });
  expect(standingOf({ ...comped, isSuspended: true }, noFacts, now)).toMatchObject({
    state: 'suspended',
    accessUntil: null,
  });
});

test('reminders come thirty, seven and one day before the end, then the renewal is looked for', () => {
  const end = START * 1000;
  const dayMs = DAY * 1000;
  const given = { compedUntil: null, checkoutExpiresAt: null, wait: null };
  const next = (reminders: number): unknown =>
    nextDeadline({ state: 'active', periodEnd: end }, { ...given, reminders });
  expect([0, 1, 2].map(next)).toEqual([30, 7, 1].map((days) => ({ kind: 'remind', at: end - days * dayMs })));
  expect(next(3)).toMatchObject({ kind: 'renewal' });
  expect([31, 30, 7, 0].map((days) => remindersDue(end, end - days * dayMs))).toEqual([0, 1, 2, 3]);
});
