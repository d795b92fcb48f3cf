import type { RefusalCode } from '../kernel/refusals.js';

export const incidentStates = [
  'triage',
  'open',
  'acknowledged',
  'mitigated',
  'resolved',
  'closed',
  'cancelled',
] as const;
export type IncidentState = (typeof incidentStates)[number];
export const severities = ['sev1', 'sev2', 'sev3', 'sev4'] as const;
export type Severity = (typeof severities)[number];
export const incidentKinds = [
  'rogue_action',
  'dark_agent',
  'policy_violation',
  'recurring_flag',
  'data_leak',
  'evidence_integrity',
  'spend_breach',
  'runner_lost',
  'watchdog_down',
  'watchdog_stuck',
  'model_drift',
  'security',
  'other',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** Where a person may take an incident from each state; from resolved and closed, `open` reopens it. */
const moves: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  triage: ['open', 'acknowledged', 'cancelled'],
  open: ['acknowledged', 'mitigated', 'cancelled'],
  acknowledged: ['mitigated', 'resolved', 'cancelled'],
  mitigated: ['open', 'resolved', 'cancelled'],
  resolved: ['open', 'closed'],
  closed: ['open'],
  cancelled: [],
};
/** A minor incident may be closed without the steps between. */
const isMinor = (severity: Severity): boolean => severity === 'sev3' || severity === 'sev4';
const shortcuts: readonly IncidentState[] = ['acknowledged', 'mitigated'];

/** The one table behind validator, transaction and tests. */
export function allowedMoves(state: IncidentState, severity: Severity): readonly IncidentState[] {
  return isMinor(severity) && shortcuts.includes(state) ? [...moves[state], 'closed'] : moves[state];
}

/** Still somebody's task; while it is, its key takes recurrences and a critical one freezes. */
export const isOpen = (state: IncidentState): boolean =>
  state !== 'resolved' && state !== 'closed' && state !== 'cancelled';
export const isSevere = (severity: Severity): boolean => !isMinor(severity);
/** An open critical incident freezes what it is linked to. */
export const freezes = (state: IncidentState, severity: Severity): boolean => severity === 'sev1' && isOpen(state);

/** Unix ms of what happened when; null for what has not. */
export interface IncidentTimes {
  readonly occurredAt: number;
  readonly detectedAt: number;
  readonly acknowledgedAt: number | null;
  readonly mitigatedAt: number | null;
  readonly resolvedAt: number | null;
  readonly closedAt: number | null;
  readonly awarenessAt: number | null;
  readonly disclosedAt: number | null;
  readonly reportedAt: number | null;
}
const order = ['occurredAt', 'detectedAt', 'acknowledgedAt', 'mitigatedAt', 'resolvedAt', 'closedAt'] as const;
const beside = ['awarenessAt', 'disclosedAt', 'reportedAt'] as const;
const SKEW_MS = 5 * 60_000;

/** What is wrong with the times of an incident; null when they are in order. */
export function timesFault(times: IncidentTimes, now: number): string | null {
  const known = order.flatMap((name) => (times[name] === null ? [] : [{ name, at: times[name] }]));
  for (const [index, { name, at }] of known.entries()) {
    const earlier = known[index - 1];
    if (earlier && at < earlier.at) return `${name} is before ${earlier.name}`;
  }
  for (const name of beside) {
    const at = times[name];
    if (at !== null && at < times.occurredAt) return `${name} is before occurredAt`;
  }
  const future = [...order, ...beside].find((name) => (times[name] ?? 0) > now + SKEW_MS);
  return future === undefined ? null : `${future} is in the future`;
}

export const article73Classes = ['widespread', 'death', 'other'] as const;
export type Article73Class = (typeof article73Classes)[number];
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Regulation (EU) 2024/1689 Article 73(2) to (4): days from awareness to the report. */
const reportDays: Readonly<Record<Article73Class, number>> = { widespread: 2, death: 10, other: 15 };
export const article73Deadline = (kind: Article73Class, awarenessAt: number): number =>
  awarenessAt + reportDays[kind] * DAY_MS;

/** Minutes until nobody having acknowledged, or mitigated, is told to more people; so often, doubling. */
const patience: Readonly<Record<Severity, { readonly acknowledge: number; readonly mitigate: number }>> = {
  sev1: { acknowledge: 15, mitigate: 240 },
  sev2: { acknowledge: 60, mitigate: 1440 },
  sev3: { acknowledge: 1440, mitigate: 10_080 },
  sev4: { acknowledge: 4320, mitigate: 43_200 },
};
const ESCALATIONS = 3;

/** What deadlines are computed from. Times in Unix ms. */
export interface DeadlineFacts {
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly changedAt: number;
  readonly escalations: number;
  readonly article73: { readonly kind: Article73Class; readonly awarenessAt: number } | null;
  readonly reportedAt: number | null;
  readonly reminders: number;
}
export interface IncidentDeadline {
  readonly kind: 'escalate' | 'remind_article73';
  readonly at: number;
}

/** What is owed next if nobody acts: an escalation, or a reminder of the Article 73 clock. */
export function nextDeadline(facts: DeadlineFacts): IncidentDeadline | null {
  const owed = [escalation(facts), reminder(facts)].filter((deadline) => deadline !== null);
  return owed.sort((a, b) => a.at - b.at)[0] ?? null;
}

function escalation({ state, severity, changedAt, escalations }: DeadlineFacts): IncidentDeadline | null {
  if (escalations >= ESCALATIONS) return null;
  const { acknowledge, mitigate } = patience[severity];
  const minutes = state === 'triage' || state === 'open' ? acknowledge : state === 'acknowledged' ? mitigate : null;
  return minutes === null ? null : { kind: 'escalate', at: changedAt + minutes * 2 ** escalations * MINUTE_MS };
}

/** At half the time, a day before the end, and at the end: until the report is made, whatever became of the incident. */
function reminder({ state, article73, reportedAt, reminders }: DeadlineFacts): IncidentDeadline | null {
  if (!article73 || reportedAt !== null || state === 'cancelled') return null;
  const end = article73Deadline(article73.kind, article73.awarenessAt);
  const at = [article73.awarenessAt + (end - article73.awarenessAt) / 2, end - DAY_MS, end].sort((a, b) => a - b)[
    reminders
  ];
  return at === undefined ? null : { kind: 'remind_article73', at };
}

/** Who wants to take an incident somewhere, and what it is like. */
export interface MoveCase {
  readonly from: IncidentState;
  readonly to: IncidentState;
  readonly severity: Severity;
  readonly rootCause: string | null;
  readonly resolvedBy: string | null;
  readonly hasReason: boolean;
  readonly actor: { readonly isPerson: boolean; readonly id: string; readonly role: string };
}
export type MoveVerdict =
  { readonly ok: true } | { readonly ok: false; readonly because: RefusalCode; readonly message: string };
const no = (because: RefusalCode, message: string): MoveVerdict => ({ ok: false, because, message });

/** Whether an incident may be taken somewhere by this caller. A severe one is closed by a second person who knows why. */
export function mayMove({ from, to, severity, rootCause, resolvedBy, hasReason, actor }: MoveCase): MoveVerdict {
  if (!allowedMoves(from, severity).includes(to))
    return no('invalid_transition', `An incident of ${severity} that is ${from} cannot become ${to}.`);
  if ((to === 'cancelled' || isReopening(from, to)) && !hasReason)
    return no('note_required', to === 'cancelled' ? 'A false alarm needs a reason.' : 'Reopening needs a reason.');
  if (to !== 'closed' || !isSevere(severity)) return { ok: true };
  if (!actor.isPerson) return no('human_required', 'A key does not close a severe incident.');
  if (actor.role !== 'owner' && actor.role !== 'admin')
    return no('forbidden', 'An owner or admin closes a severe incident.');
  if (rootCause === null) return no('root_cause_required', 'A severe incident is closed with its root cause.');
  if (resolvedBy === actor.id) return no('second_person', 'Whoever resolved a severe incident does not close it.');
  return { ok: true };
}

export const isReopening = (from: IncidentState, to: IncidentState): boolean =>
  to === 'open' && (from === 'resolved' || from === 'closed');
