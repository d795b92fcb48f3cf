import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorld } from '../../scripts/stack/stripe-stand-in/world.js';
import { readFacts } from '../../src/billing/facts.js';
import {
  compensations,
  noFacts,
  standingOf,
  type BillingFacts,
  type Compensation,
  type Decisions,
} from '../../src/billing/rules.js';
import {
  leadsTo,
  mayHappen,
  membershipCommands,
  nextDeadline,
  waitOf,
  waitRemindersDue,
  type MembershipEvent,
  type MembershipState,
} from '../../src/membership/rules.js';

const DAY = 86_400;
const DAY_MS = DAY * 1000;
const START = 1_800_000_000;

/** A membership without a database: decisions as the activities make them, Stripe as the stand-in plays it. */
class Model {
  readonly #world = createWorld(() => undefined, { clock: () => START });
  readonly #customer = this.#world.createCustomer({});
  #sessionId: string | undefined;
  /** Stripe as it was last read; a command decides by this, as the row does. */
  #known = noFacts;
  #decisions: Decisions = { decision: 'none', compedUntil: null, isSuspended: false, wasMember: false };
  #submittedAt = 0;
  #decidedAt: number | null = null;
  state: MembershipState = 'none';
  accessUntil: number | null = null;

  get decision(): Decisions['decision'] {
    return this.#decisions.decision;
  }
  get now(): number {
    return this.#world.now() * 1000;
  }

  #read(): BillingFacts {
    const { books } = this.#world;
    return readFacts({
      customer: 'present',
      session: books.sessions.find(({ id }) => id === this.#sessionId) ?? null,
      subscriptions: books.subscriptions,
      paidInvoices: books.invoices.filter(({ status }) => status === 'paid'),
      charges: books.charges,
      disputes: books.disputes,
    });
  }

  owed(): readonly Compensation[] {
    return compensations(this.#decisions, this.#read());
  }

  /** Gives a command if the table lets it; what is not allowed changes nothing. */
  give(event: MembershipEvent): void {
    if (!mayHappen(this.state, event)) return;
    const { wasMember } = this.#decisions;
    switch (event) {
      case 'apply':
        this.#submittedAt = this.now;
        this.#decide('submitted', event);
        return;
      case 'approve':
        this.#decide('approved', event);
        return;
      case 'reject':
        this.#decide('rejected', event);
        return;
      case 'withdraw':
        if (!(wasMember && this.state === 'checkout_pending')) this.#decide('withdrawn', event);
        return;
      case 'open_checkout':
        this.#open();
        return;
      case 'suspend':
        this.#settle({ isSuspended: true }, event);
        return;
      case 'reinstate':
        this.#settle({ isSuspended: false }, event);
        return;
      case 'comp':
        this.#settle({ compedUntil: this.now + 30 * DAY_MS }, event);
        return;
      case 'expire':
      case 'observe':
        this.observe();
    }
  }

  /** What a reading of Stripe does, with its compensations and with what has come due. */
  observe(): void {
    this.#known = this.#read();
    this.#settle({}, 'observe');
    const application = { submittedAt: this.#submittedAt, decidedAt: this.#decidedAt };
    const wait = waitOf(this.state, application, this.#decisions.compedUntil);
    if (wait && this.now >= wait.overAt) this.#decide('expired', 'expire');
    for (const one of this.owed()) this.#undo(one);
    this.#known = this.#read();
    this.#settle({}, 'observe');
  }

  pay(): void {
    const session = this.#world.books.sessions.find(({ id }) => id === this.#sessionId);
    if (session?.status === 'open') this.#world.leave(session.id, 'paid');
  }
  pass(days: number): void {
    this.#world.advance(days * DAY);
  }

  #open(): void {
    if (this.#known.session?.status === 'open') return;
    const place = {
      customer: this.#customer,
      client_reference_id: 'mbr_1',
      metadata: {},
      success_url: '',
      cancel_url: '',
    };
    this.#sessionId = this.#world.openSession({ ...place, expires_at: this.#world.now() + DAY }).id;
    this.#known = { ...this.#known, customer: 'present', session: { id: this.#sessionId, status: 'open' } };
    this.#settle({}, 'open_checkout');
  }

  #undo(owed: Compensation): void {
    if (owed.kind === 'refund') this.#world.refund(owed.paymentId);
    else if (owed.kind === 'cancel') this.#world.cancel(owed.subscriptionId);
    else this.#world.expire(owed.sessionId);
  }

  #decide(decision: Decisions['decision'], event: MembershipEvent): void {
    this.#decidedAt = decision === 'submitted' ? null : this.now;
    this.#settle({ decision }, event);
  }

  #settle(patch: Partial<Decisions>, event: MembershipEvent): void {
    const decisions = { ...this.#decisions, ...patch };
    const standing = standingOf(decisions, this.#known, this.now);
    expect([this.state, event, standing.state, leadsTo(event, this.state, standing.state)]).toEqual([
      this.state,
      event,
      standing.state,
      true,
    ]);
    const wasMember = decisions.wasMember || (standing.accessUntil !== null && standing.periodEnd !== null);
    this.#decisions = { ...decisions, wasMember };
    this.state = standing.state;
    this.accessUntil = standing.accessUntil;
  }
}

const step = fc.oneof(
  fc.constantFrom<MembershipEvent>(...membershipCommands, 'observe').map((event) => (model: Model) => {
    model.give(event);
  }),
  fc.constant((model: Model) => {
    model.pay();
  }),
  fc.constantFrom(1, 3, 20, 61, 91).map((days) => (model: Model) => {
    model.pass(days);
  }),
);

test('whatever is commanded, paid and waited for in whatever order, the table holds and no money stays without a right', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Model();
      for (const act of steps) act(model);
      model.observe();
      expect(model.owed()).toEqual([]);
      const isEntitled = model.accessUntil !== null && model.accessUntil > model.now;
      if (isEntitled) expect([model.decision, model.state]).toContain(model.state === 'comped' ? 'comped' : 'approved');
      if (model.decision === 'withdrawn' || model.decision === 'expired')
        expect(['none', 'comped', 'suspended']).toContain(model.state);
    }),
    { numRuns: 1000 },
  );
});

test('an application waits ninety days for its decision and an approved one sixty for its payment', () => {
  const given = { reminders: 0, compedUntil: null, checkoutExpiresAt: null };
  const application = { submittedAt: 0, decidedAt: 10 * DAY_MS };
  const applied = waitOf('applied', { ...application, decidedAt: null }, null);
  expect(nextDeadline({ state: 'applied', periodEnd: null }, { ...given, wait: applied })).toEqual({
    kind: 'application_over',
    at: 90 * DAY_MS,
  });
  const approved = waitOf('approved', application, null);
  const next = (reminders: number): unknown =>
    nextDeadline({ state: 'approved', periodEnd: null }, { ...given, reminders, wait: approved });
  expect([0, 1, 2].map(next)).toEqual([
    { kind: 'remind', at: 13 * DAY_MS },
    { kind: 'remind', at: 24 * DAY_MS },
    { kind: 'application_over', at: 70 * DAY_MS },
  ]);
  if (!approved) throw new Error('nothing is awaited');
  expect([12, 13, 24, 69].map((days) => waitRemindersDue(approved, days * DAY_MS))).toEqual([0, 1, 2, 2]);
});

test('a grant puts the wait off until it is over, and a payment page that is open waits for itself', () => {
  const application = { submittedAt: 0, decidedAt: 0 };
  expect(waitOf('approved', application, 365 * DAY_MS)?.overAt).toBe(425 * DAY_MS);
  for (const state of ['none', 'checkout_pending', 'active', 'comped', 'suspended', 'rejected'] as const)
    expect(waitOf(state, application, null)).toBeNull();
});
