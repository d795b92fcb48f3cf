import type { RefusalCode } from '../kernel/refusals.js';

export const runStates = [
  'draft',
  'collecting',
  'submitted',
  'auditing',
  'in_review',
  'audited',
  'approved',
  'rejected',
  'escalated',
  'receipted',
  'cancelled',
  'superseded',
] as const;
export type RunState = (typeof runStates)[number];

/** Every command a run can be given; each is one workflow update of the same name. */
export const runEvents = [
  'attach_evidence',
  'submit',
  'audit',
  'run_checks',
  'grade_check',
  'decide',
  'waive',
  'withdraw',
  'mint',
  'cancel',
] as const;
export type RunEvent = (typeof runEvents)[number];

/** The workflow update and the activity that carry out an event bear one name. */
export const commandNames = {
  attach_evidence: 'attachEvidence',
  submit: 'submit',
  audit: 'audit',
  run_checks: 'runChecks',
  grade_check: 'gradeCheck',
  decide: 'decide',
  waive: 'waive',
  withdraw: 'withdraw',
  mint: 'mint',
  cancel: 'cancel',
} as const satisfies Record<RunEvent, string>;

type Targets = Partial<Record<RunState, readonly RunState[]>>;

const again: Targets = {
  submitted: ['collecting'],
  in_review: ['collecting'],
  audited: ['collecting'],
  rejected: ['collecting'],
};
const audited: readonly RunState[] = ['auditing', 'in_review', 'audited'];

/** Where each event may lead, by state. The one table behind validator, transaction and tests. */
export const transitions: Readonly<Record<RunEvent, Targets>> = {
  attach_evidence: { draft: ['collecting'], collecting: ['collecting'], ...again },
  submit: {
    draft: ['submitted'],
    collecting: ['submitted'],
    submitted: ['submitted'],
    in_review: ['submitted'],
    audited: ['submitted'],
    rejected: ['submitted'],
  },
  audit: { submitted: audited, auditing: audited, in_review: audited, audited: audited, rejected: audited },
  run_checks: {
    draft: ['draft'],
    collecting: ['collecting'],
    submitted: ['submitted'],
    in_review: ['in_review'],
    audited: ['audited'],
    rejected: ['rejected'],
  },
  grade_check: { in_review: ['in_review', 'audited'], audited: ['audited'] },
  decide: {
    audited: ['audited', 'approved', 'rejected', 'escalated'],
    escalated: ['escalated', 'approved', 'rejected'],
    approved: ['approved'],
  },
  waive: { in_review: ['in_review'], audited: ['audited'], escalated: ['escalated', 'audited'] },
  withdraw: {
    audited: ['audited'],
    approved: ['audited', 'escalated'],
    rejected: ['audited', 'escalated'],
    escalated: ['audited', 'escalated'],
  },
  /** A rejection may be receipted too; the run stays open for its next attempt. */
  mint: { approved: ['receipted'], receipted: ['receipted'], rejected: ['rejected'] },
  cancel: {
    draft: ['cancelled'],
    collecting: ['cancelled'],
    submitted: ['cancelled'],
    in_review: ['cancelled'],
    audited: ['cancelled'],
    rejected: ['cancelled'],
    escalated: ['cancelled'],
    cancelled: ['cancelled'],
  },
};

export type MayHappen =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly because: RefusalCode;
      readonly current: RunState;
      readonly allowed: readonly RunEvent[];
    };

/** Whether an event is possible in a state, and if not, why and what is. */
export function mayHappen(state: RunState, event: RunEvent): MayHappen {
  if (transitions[event][state]) return { ok: true };
  return { ok: false, because: reason(state, event), current: state, allowed: allowedEvents(state) };
}

/** The events possible in a state. */
export const allowedEvents = (state: RunState): readonly RunEvent[] =>
  runEvents.filter((event) => transitions[event][state]);

/** Whether a transaction may move a run from one state to another by an event. */
export const leadsTo = (event: RunEvent, from: RunState, to: RunState): boolean =>
  transitions[event][from]?.includes(to) ?? false;

function reason(state: RunState, event: RunEvent): RefusalCode {
  const unsubmitted = state === 'draft' || state === 'collecting';
  if (event === 'audit' && unsubmitted) return 'submission_missing';
  const undecided = unsubmitted || state === 'submitted' || state === 'auditing' || state === 'in_review';
  const needsVerdict = event === 'decide' || event === 'grade_check' || event === 'waive' || event === 'withdraw';
  if (needsVerdict && undecided) return 'not_audited';
  if (event === 'mint' && (undecided || state === 'audited' || state === 'escalated')) return 'not_approved';
  return 'invalid_transition';
}

/** Sentence of a refused transition. */
export const whyNot = (event: RunEvent, state: RunState): string =>
  `A run in state ${state} cannot ${event.replaceAll('_', ' ')}.`;

export const isTerminal = (state: RunState): boolean =>
  state === 'receipted' || state === 'cancelled' || state === 'superseded';

/** Days after the last change: a first reminder, a second one, and the end of a run nobody touches. */
const REMINDER_DAYS = [3, 7] as const;
const EXPIRY_DAYS = 90;
/** Days a request for approval stands; then the run must be audited again before anyone approves. */
export const REQUEST_DAYS = 30;
const DAY_MS = 86_400_000;

export interface Deadline {
  readonly kind: 'remind' | 'expire' | 'request_expires' | 'waiver_ends';
  /** Unix time in milliseconds. */
  readonly at: number;
}

/**
 * What is owed to a run next if nobody acts: reminders while it waits for a person, the end of its request for
 * approval, of a waiver its verdict rests on, and of the run. Times in Unix ms.
 */
export function nextDeadline(
  state: RunState,
  changedAt: number,
  reminders: number,
  waiverUntil: number | null = null,
): Deadline | null {
  if (isTerminal(state)) return null;
  const waiting = state === 'approved' ? null : whileWaiting(state, changedAt, reminders);
  if (waiverUntil === null || (waiting && waiting.at <= waiverUntil)) return waiting;
  return { kind: 'waiver_ends', at: waiverUntil };
}

function whileWaiting(state: RunState, changedAt: number, reminders: number): Deadline {
  const days = waitsForPerson(state) ? REMINDER_DAYS[reminders] : undefined;
  if (days !== undefined) return { kind: 'remind', at: changedAt + days * DAY_MS };
  if (state === 'audited' || state === 'escalated')
    return { kind: 'request_expires', at: changedAt + REQUEST_DAYS * DAY_MS };
  return { kind: 'expire', at: changedAt + EXPIRY_DAYS * DAY_MS };
}

export const waitsForPerson = (state: RunState): boolean =>
  state === 'in_review' || state === 'audited' || state === 'escalated';
