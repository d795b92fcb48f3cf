import { GRACE_MS, type Standing } from '../billing/rules.js';
import { assertNever } from '../kernel/assert-never.js';

export const membershipStates = [
  'none',
  'applied',
  'rejected',
  'approved',
  'checkout_pending',
  'active',
  'cancelling',
  'past_due',
  'lapsed',
  'cancelled',
  'suspended',
  'comped',
] as const;
export type MembershipState = (typeof membershipStates)[number];

export const applicationStates = ['submitted', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
export type ApplicationState = (typeof applicationStates)[number];

/** What can happen to a membership: the commands below, and what comes by reading Stripe or by the clock. */
export const membershipEvents = [
  'apply',
  'approve',
  'reject',
  'withdraw',
  'expire',
  'open_checkout',
  'suspend',
  'reinstate',
  'comp',
  'observe',
] as const;
export type MembershipEvent = (typeof membershipEvents)[number];

/** Nobody gives these. */
type ClockEvent = 'observe' | 'expire';
const isGiven = (event: MembershipEvent): boolean => event !== 'observe' && event !== 'expire';

/** The workflow update and the activity that carry out a command bear one name. */
export const commandNames = {
  apply: 'applyForMembership',
  approve: 'approveMembership',
  reject: 'rejectMembership',
  withdraw: 'withdrawApplication',
  open_checkout: 'openCheckout',
  suspend: 'suspendMembership',
  reinstate: 'reinstateMembership',
  comp: 'compMembership',
} as const satisfies Record<Exclude<MembershipEvent, ClockEvent>, string>;
export type MembershipCommand = keyof typeof commandNames;
export const membershipCommands = [
  'apply',
  'approve',
  'reject',
  'withdraw',
  'open_checkout',
  'suspend',
  'reinstate',
  'comp',
] as const satisfies readonly MembershipCommand[];

type Targets = Partial<Record<MembershipState, readonly MembershipState[]>>;

const PAID: readonly MembershipState[] = ['active', 'cancelling', 'past_due', 'lapsed', 'cancelled', 'suspended'];
const UNPAID: readonly MembershipState[] = ['approved', 'checkout_pending'];
const APPROVED: readonly MembershipState[] = [...UNPAID, ...PAID, 'comped'];
const from = (states: readonly MembershipState[], to: readonly MembershipState[]): Targets =>
  Object.fromEntries(states.map((state) => [state, to]));

/**
 * Where each event may lead, by state: the one table behind validator, transaction and tests. `observe` is what was
 * read at Stripe or came by the clock; it never decides an application.
 */
export const transitions: Readonly<Record<MembershipEvent, Targets>> = {
  apply: from(['none', 'rejected'], ['applied']),
  approve: from(['applied', 'comped'], APPROVED),
  reject: from(['applied', 'approved', 'checkout_pending'], ['rejected']),
  withdraw: from(['applied', 'approved', 'checkout_pending'], ['none']),
  expire: from(['applied', 'approved'], ['none']),
  open_checkout: from(['approved', 'checkout_pending', 'lapsed', 'cancelled'], ['checkout_pending']),
  suspend: from(APPROVED, ['suspended']),
  reinstate: from(['suspended'], ['none', 'applied', ...APPROVED]),
  comp: from(['none', 'applied', ...APPROVED], ['comped', 'suspended']),
  observe: {
    none: ['none'],
    applied: ['applied'],
    rejected: ['rejected'],
    ...from(APPROVED, APPROVED),
    comped: ['none', 'applied', ...APPROVED],
  },
};

export const mayHappen = (state: MembershipState, event: MembershipEvent): boolean =>
  transitions[event][state] !== undefined;
export const leadsTo = (event: MembershipEvent, before: MembershipState, after: MembershipState): boolean =>
  transitions[event][before]?.includes(after) ?? false;
/** What a person may do about a membership now. */
export const allowedEvents = (state: MembershipState): readonly MembershipEvent[] =>
  membershipEvents.filter((event) => isGiven(event) && mayHappen(state, event));

/** Nothing is owed to these until somebody acts: their workflow closes, and the next command starts it again. */
export const isDormant = (state: MembershipState): boolean =>
  state === 'none' || state === 'rejected' || state === 'lapsed' || state === 'cancelled';

const DAY_MS = 86_400_000;
/** Days between a rejection and the next application. */
export const COOL_DOWN_DAYS = 7;
/** Days before the end of a period at which its members hear of it. */
export const REMINDER_DAYS = [30, 7, 1] as const;
const RENEWAL_PATIENCE_MS = 3_600_000;
/** Days an application waits for a decision, and an approved one for its payment, before it expires. */
const DECISION_DAYS = 90;
const PAYMENT_DAYS = 60;
/** Days after the approval at which those who have not paid hear of it again. */
const PAYMENT_REMINDER_DAYS = [3, 14] as const;

/** What an application that is under way waits for. Times in Unix ms. */
export interface Wait {
  readonly remindAt: readonly number[];
  readonly overAt: number;
}

/** How long the application of a membership may stay as it is; null when nothing of it is awaited. */
export function waitOf(
  state: MembershipState,
  application: { readonly submittedAt: number; readonly decidedAt: number | null } | null,
  compedUntil: number | null,
): Wait | null {
  if (!application || (state !== 'applied' && state !== 'approved')) return null;
  const { submittedAt, decidedAt } = application;
  // Who was granted a membership had no reason to pay or to ask before the grant was over.
  const since = Math.max(state === 'approved' && decidedAt !== null ? decidedAt : submittedAt, compedUntil ?? 0);
  const after = (days: number): number => since + days * DAY_MS;
  return state === 'approved'
    ? { remindAt: PAYMENT_REMINDER_DAYS.map(after), overAt: after(PAYMENT_DAYS) }
    : { remindAt: [], overAt: after(DECISION_DAYS) };
}
/** How many of the reminders of a wait have come due. */
export const waitRemindersDue = ({ remindAt }: Wait, now: number): number => remindAt.filter((at) => now >= at).length;

export interface Deadline {
  readonly kind:
    'remind' | 'application_over' | 'renewal' | 'grace_over' | 'period_over' | 'checkout_over' | 'comp_over';
  /** Unix time in milliseconds. */
  readonly at: number;
}

/** What is owed to a membership next if nothing is heard from Stripe. */
export function nextDeadline(
  standing: Pick<Standing, 'state' | 'periodEnd'>,
  given: {
    readonly reminders: number;
    readonly compedUntil: number | null;
    readonly checkoutExpiresAt: number | null;
    readonly wait: Wait | null;
  },
): Deadline | null {
  const { state, periodEnd } = standing;
  const days = REMINDER_DAYS[given.reminders];
  const reminder =
    days === undefined || periodEnd === null ? null : { kind: 'remind' as const, at: periodEnd - days * DAY_MS };
  const at = (kind: Deadline['kind'], time: number | null): Deadline | null =>
    time === null ? null : { kind, at: time };
  switch (state) {
    case 'active':
      return reminder ?? at('renewal', periodEnd === null ? null : periodEnd + RENEWAL_PATIENCE_MS);
    case 'cancelling':
      return reminder ?? at('period_over', periodEnd);
    case 'past_due':
      return at('grace_over', periodEnd === null ? null : periodEnd + GRACE_MS);
    case 'checkout_pending':
      return at('checkout_over', given.checkoutExpiresAt);
    case 'comped':
      return at('comp_over', given.compedUntil);
    case 'applied':
    case 'approved': {
      const next = given.wait?.remindAt[given.reminders];
      return next === undefined ? at('application_over', given.wait?.overAt ?? null) : at('remind', next);
    }
    case 'none':
    case 'rejected':
    case 'lapsed':
    case 'cancelled':
    case 'suspended':
      return null;
    default:
      return assertNever(state);
  }
}

/** How many of the reminders of a period have come due. */
export const remindersDue = (periodEnd: number, now: number): number =>
  REMINDER_DAYS.filter((days) => now >= periodEnd - days * DAY_MS).length;

type ReceiptEvent = 'activated' | 'renewed' | 'lapsed' | 'cancelled' | 'suspended';
const isPaid = (state: MembershipState): boolean =>
  state === 'active' || state === 'cancelling' || state === 'past_due';

/** What of a change is receipted. The occasion names it for ever: reaching it again finds the receipt that is there. */
export function receiptFor(
  before: Pick<Standing, 'state' | 'periodEnd'>,
  after: Pick<Standing, 'state' | 'because' | 'periodStart' | 'periodEnd'>,
): { readonly event: ReceiptEvent; readonly occasion: string } | null {
  const { state, because, periodStart, periodEnd } = after;
  if (periodEnd === null || periodStart === null || (state === before.state && periodEnd === before.periodEnd))
    return null;
  if (isPaid(state)) {
    if (!isPaid(before.state)) return { event: 'activated', occasion: `activated:${String(periodStart)}` };
    return periodEnd > (before.periodEnd ?? 0) ? { event: 'renewed', occasion: `renewed:${String(periodEnd)}` } : null;
  }
  if (state !== 'lapsed' && state !== 'cancelled' && state !== 'suspended') return null;
  return { event: state, occasion: `${state}:${String(periodEnd)}:${because}` };
}

export type MembershipNews =
  'approved' | 'rejected' | 'expired' | 'active' | 'renewed' | 'payment_failed' | 'lapsed' | 'cancelled' | 'suspended';

/** What the people of an organization hear of a change; null when there is nothing to tell. */
export function newsOf(
  event: MembershipEvent,
  before: Pick<Standing, 'state' | 'periodEnd'>,
  after: Pick<Standing, 'state' | 'because' | 'periodStart' | 'periodEnd'>,
): MembershipNews | null {
  if (event === 'approve') return 'approved';
  if (event === 'reject') return 'rejected';
  if (event === 'expire') return 'expired';
  const receipt = receiptFor(before, after);
  if (receipt) return receipt.event === 'activated' ? 'active' : receipt.event;
  const isFresh = after.state !== before.state && (after.state === 'past_due' || before.state === 'checkout_pending');
  return isFresh && after.because === 'payment_failed' ? 'payment_failed' : null;
}
