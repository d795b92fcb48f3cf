import { expect, test } from '@jest/globals';
import {
  allowedMoves,
  article73Deadline,
  freezes,
  incidentStates,
  isOpen,
  mayMove,
  nextDeadline,
  severities,
  timesFault,
  type DeadlineFacts,
  type IncidentTimes,
  type MoveCase,
} from '../../src/incidents/rules.js';

const DAY = 86_400_000;
const owner = { isPerson: true, id: 'usr_1', role: 'owner' };
const move = (changes: Partial<MoveCase>): MoveCase => ({
  from: 'resolved',
  to: 'closed',
  severity: 'sev1',
  rootCause: 'A wrong prompt.',
  resolvedBy: 'usr_2',
  hasReason: true,
  actor: owner,
  ...changes,
});

test('every move that the table does not name is refused, and the table says which are', () => {
  let refused = 0;
  for (const severity of severities)
    for (const from of incidentStates)
      for (const to of incidentStates) {
        const isAllowed = allowedMoves(from, severity).includes(to);
        expect(mayMove(move({ from, to, severity })).ok).toBe(isAllowed);
        if (!isAllowed) refused += 1;
      }
  expect(refused).toBeGreaterThan(100);
  expect(allowedMoves('cancelled', 'sev1')).toEqual([]);
});

test('a severe incident is closed only out of resolved, a minor one may take a shorter way', () => {
  for (const state of incidentStates) {
    const mayClose = severities.filter((severity) => allowedMoves(state, severity).includes('closed'));
    if (state === 'resolved') expect(mayClose).toEqual(['sev1', 'sev2', 'sev3', 'sev4']);
    else for (const severity of mayClose) expect(['sev3', 'sev4']).toContain(severity);
  }
});

test('closing a severe incident needs a person of standing, its root cause, and not who resolved it', () => {
  const because = (changes: Partial<MoveCase>): string => {
    const verdict = mayMove(move(changes));
    return verdict.ok ? 'ok' : verdict.because;
  };
  expect(because({})).toBe('ok');
  expect(because({ actor: { ...owner, isPerson: false } })).toBe('human_required');
  expect(because({ actor: { ...owner, role: 'member' } })).toBe('forbidden');
  expect(because({ rootCause: null })).toBe('root_cause_required');
  expect(because({ resolvedBy: 'usr_1' })).toBe('second_person');
  expect(because({ resolvedBy: 'usr_1', rootCause: null, severity: 'sev3' })).toBe('ok');
  expect(because({ from: 'closed', to: 'open', hasReason: false })).toBe('note_required');
  expect(because({ from: 'open', to: 'cancelled', hasReason: false })).toBe('note_required');
});

const times = (changes: Partial<IncidentTimes>): IncidentTimes => ({
  ...{ occurredAt: 1000, detectedAt: 2000, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null, closedAt: null },
  ...{ awarenessAt: null, disclosedAt: null, reportedAt: null },
  ...changes,
});

test('times go in the order of events, whatever is unknown between, and none lies ahead', () => {
  expect(timesFault(times({}), 5000)).toBeNull();
  expect(timesFault(times({ mitigatedAt: 3000, resolvedAt: 3000 }), 5000)).toBeNull();
  expect(timesFault(times({ mitigatedAt: 500 }), 5000)).toBe('mitigatedAt is before detectedAt');
  expect(timesFault(times({ acknowledgedAt: 4000, resolvedAt: 3000 }), 5000)).toBe(
    'resolvedAt is before acknowledgedAt',
  );
  expect(timesFault(times({ awarenessAt: 999 }), 5000)).toBe('awarenessAt is before occurredAt');
  expect(timesFault(times({ resolvedAt: 5000 + 300_001 }), 5000)).toBe('resolvedAt is in the future');
});

const facts = (changes: Partial<DeadlineFacts>): DeadlineFacts => ({
  ...{ state: 'open', severity: 'sev1', changedAt: 0, escalations: 0, article73: null, reportedAt: null, reminders: 0 },
  ...changes,
});

test('an escalation comes sooner the graver it is, three times, and stops when somebody has it in hand', () => {
  const at = severities.map((severity) => nextDeadline(facts({ severity }))?.at ?? 0);
  expect(at).toEqual([15, 60, 1440, 4320].map((minutes) => minutes * 60_000));
  expect(nextDeadline(facts({ escalations: 2 }))?.at).toBe(60 * 60_000);
  expect(nextDeadline(facts({ escalations: 3 }))).toBeNull();
  for (const state of ['mitigated', 'resolved', 'closed', 'cancelled'] as const)
    expect(nextDeadline(facts({ state }))).toBeNull();
});

test('the Article 73 clock is 2, 10 or 15 days from awareness and reminds until the report is made', () => {
  expect((['widespread', 'death', 'other'] as const).map((kind) => article73Deadline(kind, 0) / DAY)).toEqual([
    2, 10, 15,
  ]);
  const clock = { state: 'closed', article73: { kind: 'death', awarenessAt: 0 } } as const;
  const due = [0, 1, 2].map((reminders) => (nextDeadline(facts({ ...clock, reminders }))?.at ?? 0) / DAY);
  expect(due).toEqual([5, 9, 10]);
  expect(nextDeadline(facts({ ...clock, reminders: 3 }))).toBeNull();
  expect(nextDeadline(facts({ ...clock, reportedAt: 1 }))).toBeNull();
});

test('only a critical incident that is open freezes', () => {
  for (const state of incidentStates) {
    expect(freezes(state, 'sev1')).toBe(isOpen(state));
    expect(freezes(state, 'sev2')).toBe(false);
  }
});
