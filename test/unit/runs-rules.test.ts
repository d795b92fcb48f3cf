import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterWithdrawal, approvalsOf, decide, type DecisionCase } from '../../src/approvals/rules.js';
import { requireRecentSignIn } from '../../src/auth/step-up.js';
import {
  responseFault,
  statusOfGrades,
  verdictOf,
  waiverFault,
  waiversNeeded,
  type CheckOutcome,
} from '../../src/checks/rules.js';
import {
  allowedEvents,
  isTerminal,
  leadsTo,
  mayHappen,
  nextDeadline,
  runEvents,
  runStates,
  transitions,
  type RunState,
} from '../../src/runs/rules.js';
import { mergeFourEyes } from '../../src/runs/four-eyes.js';

test('no path leads to a receipt that does not pass an approval, and none out of a terminal state', () => {
  for (const state of runStates) {
    for (const event of runEvents) {
      const targets = transitions[event][state] ?? [];
      if (targets.includes('receipted')) expect(['approved', 'receipted']).toContain(state);
      if (targets.includes('approved')) expect(['audited', 'escalated', 'approved']).toContain(state);
      if (isTerminal(state)) expect(targets.every((target) => target === state)).toBe(true);
    }
  }
});

test('every state that is not the end can be left or waits for a mint', () => {
  for (const state of runStates) if (!isTerminal(state)) expect(allowedEvents(state).length).toBeGreaterThan(0);
});

test('a refusal names the state and what is possible there', () => {
  expect(mayHappen('draft', 'audit')).toEqual({
    ok: false,
    because: 'submission_missing',
    current: 'draft',
    allowed: allowedEvents('draft'),
  });
  expect(mayHappen('submitted', 'decide')).toMatchObject({ because: 'not_audited' });
  expect(mayHappen('audited', 'mint')).toMatchObject({ because: 'not_approved' });
  expect(mayHappen('receipted', 'attach_evidence')).toMatchObject({ because: 'invalid_transition', allowed: ['mint'] });
});

test('a random walk over the table reaches receipted only through audited and approved', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...runEvents), fc.nat())), (steps) => {
      const seen: RunState[] = ['draft'];
      for (const [event, pick] of steps) {
        const from = seen.at(-1) ?? 'draft';
        const targets = transitions[event][from];
        const to = targets?.[pick % targets.length];
        if (to === undefined) continue;
        expect(leadsTo(event, from, to)).toBe(true);
        seen.push(to);
      }
      if (seen.includes('receipted')) {
        expect(seen.indexOf('approved')).toBeLessThan(seen.indexOf('receipted'));
        expect(seen.indexOf('submitted')).toBeLessThan(seen.indexOf('approved'));
      }
    }),
  );
});

test('reminders come at three and seven days of waiting, expiry at ninety, nothing after approval', () => {
  const day = 86_400_000;
  expect(nextDeadline('in_review', 0, 0)).toEqual({ kind: 'remind', at: 3 * day });
  expect(nextDeadline('in_review', 0, 1)).toEqual({ kind: 'remind', at: 7 * day });
  expect(nextDeadline('in_review', 0, 2)).toEqual({ kind: 'expire', at: 90 * day });
  expect(nextDeadline('draft', 0, 0)).toEqual({ kind: 'expire', at: 90 * day });
  expect(nextDeadline('approved', 0, 0)).toBeNull();
});

const check = (status: CheckOutcome['status'], severity: CheckOutcome['severity']): CheckOutcome => ({
  status,
  severity,
});

test('the verdict follows the flags, never the score', () => {
  expect(verdictOf([check('pass', 'critical'), check('flag', 'info')]).outcome).toBe('cleared');
  expect(verdictOf([check('pass', 'critical'), check('flag', 'minor')]).outcome).toBe('conditional');
  expect(verdictOf([check('pass', 'critical'), check('waived', 'major')]).outcome).toBe('conditional');
  const passes = Array.from({ length: 99 }, () => check('pass', 'critical'));
  expect(verdictOf([...passes, check('flag', 'major')])).toMatchObject({
    outcome: 'grounded',
    because: ['major_flags'],
  });
  expect(verdictOf([...passes, check('error', 'info')])).toMatchObject({
    outcome: 'grounded',
    because: ['engine_errors'],
  });
  expect(verdictOf([...passes, check('open', 'info')])).toMatchObject({
    outcome: 'grounded',
    because: ['open_checks'],
  });
  expect(verdictOf([check('skip', 'critical')])).toMatchObject({
    outcome: 'grounded',
    because: ['no_applicable_rules'],
  });
});

test('an answer outside what its rule declares is named', () => {
  expect(responseFault({ type: 'number', min: 1, max: 3 }, 3)).toBeUndefined();
  expect(responseFault({ type: 'number', min: 1, max: 3 }, 4)).toContain('1 to 3');
  expect(responseFault({ type: 'enum', options: ['a', 'b'] }, 'c')).toContain('a, b');
  expect(responseFault({ type: 'boolean' }, 'yes')).toBeDefined();
  expect(responseFault({ type: 'text', min_length: 3 }, '  x ')).toBeDefined();
});

const given: DecisionCase = {
  decision: 'approved',
  verdict: 'cleared',
  state: 'audited',
  quorum: { required_approvals: 1, forbid_submitter: true, forbid_grader: false },
  approver: { id: 'b', isOwner: false },
  submitterId: 'a',
  graderIds: ['b', 'c'],
  escalatedTo: null,
  earlierApprovals: 0,
};

test('one approval by another person is enough where the sheet asks for one; two where it asks for two', () => {
  expect(decide(given)).toEqual({ ok: true, next: 'approved' });
  const two = { ...given, quorum: { ...given.quorum, required_approvals: 2 } };
  expect(decide(two)).toEqual({ ok: true, next: 'audited' });
  expect(decide({ ...two, earlierApprovals: 1 })).toEqual({ ok: true, next: 'approved' });
});

test('own, graded, grounded and escalated runs are not for everyone to approve', () => {
  expect(decide({ ...given, approver: { id: 'a', isOwner: true } })).toMatchObject({ because: 'separation_of_duties' });
  expect(decide({ ...given, quorum: { ...given.quorum, forbid_grader: true } })).toMatchObject({
    because: 'separation_of_duties',
  });
  expect(decide({ ...given, verdict: 'grounded' })).toMatchObject({ because: 'grounded' });
  expect(decide({ ...given, verdict: 'grounded', decision: 'rejected' })).toEqual({ ok: true, next: 'rejected' });
  expect(decide({ ...given, state: 'escalated' })).toMatchObject({ because: 'separation_of_duties' });
  expect(decide({ ...given, state: 'escalated', escalatedTo: 'b' })).toEqual({ ok: true, next: 'approved' });
});

test('who graded everything alone may say no, and approves only where the sheet lets one person do it all', () => {
  const alone = { ...given, graderIds: ['b'] };
  expect(decide(alone)).toMatchObject({ because: 'separation_of_duties', message: expect.stringContaining('alone') });
  expect(decide({ ...alone, decision: 'rejected' })).toEqual({ ok: true, next: 'rejected' });
  expect(decide({ ...alone, decision: 'escalated' })).toEqual({ ok: true, next: 'escalated' });
  expect(decide({ ...alone, graderIds: [] })).toEqual({ ok: true, next: 'approved' });
  const relaxed = { ...given.quorum, forbid_submitter: false, forbid_sole_grader: false };
  expect(decide({ ...alone, quorum: relaxed, submitterId: 'b' })).toEqual({ ok: true, next: 'approved' });
});

test('a run may ask for more eyes than its sheet, never for fewer', () => {
  const sheet = { required_approvals: 2, forbid_submitter: true, forbid_grader: false };
  expect(mergeFourEyes(sheet, { required_approvals: 1, forbid_submitter: false, forbid_grader: true })).toEqual({
    required_approvals: 2,
    forbid_submitter: true,
    forbid_grader: true,
    forbid_sole_grader: true,
  });
  expect(mergeFourEyes(sheet, undefined)).toBe(sheet);
  const lenient = { ...sheet, forbid_sole_grader: false };
  expect(mergeFourEyes(lenient, { ...sheet, forbid_sole_grader: true }).forbid_sole_grader).toBe(true);
  expect(mergeFourEyes(lenient, sheet).forbid_sole_grader).toBe(false);
});

test('a request for approval ends after thirty days, a waiver when it says, whichever is first', () => {
  const day = 86_400_000;
  expect(nextDeadline('audited', 0, 2)).toEqual({ kind: 'request_expires', at: 30 * day });
  expect(nextDeadline('escalated', 0, 2)).toEqual({ kind: 'request_expires', at: 30 * day });
  expect(nextDeadline('audited', 0, 0, 2 * day)).toEqual({ kind: 'waiver_ends', at: 2 * day });
  expect(nextDeadline('audited', 0, 0, 5 * day)).toEqual({ kind: 'remind', at: 3 * day });
  expect(nextDeadline('approved', 0, 0, 5 * day)).toEqual({ kind: 'waiver_ends', at: 5 * day });
  expect(nextDeadline('receipted', 0, 0, 5 * day)).toBeNull();
});

test('a sheet may ground a run on minor flags too', () => {
  const flags = [check('pass', 'critical'), check('flag', 'minor')];
  expect(verdictOf(flags, ['critical', 'major', 'minor'])).toMatchObject({
    outcome: 'grounded',
    because: ['minor_flags'],
  });
});

test('the verdict is never better than its worst unwaived check, whatever else there is', () => {
  const one = fc.record({
    status: fc.constantFrom('open', 'pass', 'flag', 'skip', 'error', 'waived'),
    severity: fc.constantFrom('critical', 'major', 'minor', 'info'),
  });
  fc.assert(
    fc.property(fc.array(one), (checks) => {
      const { outcome } = verdictOf(checks);
      const grave = checks.some(
        ({ status, severity }) =>
          status === 'open' ||
          status === 'error' ||
          (status === 'flag' && (severity === 'critical' || severity === 'major')),
      );
      const none = checks.every(({ status }) => status === 'skip');
      const some = checks.some(
        ({ status, severity }) => status === 'waived' || (status === 'flag' && severity === 'minor'),
      );
      expect(outcome).toBe(grave || none ? 'grounded' : some ? 'conditional' : 'cleared');
    }),
  );
});

test('grades of several people: open until enough have answered, a flag as soon as one says so', () => {
  const by = (name: string, status: 'pass' | 'flag') => ({ by: name, status });
  expect(statusOfGrades([by('a', 'pass')], 2, null)).toBe('open');
  expect(statusOfGrades([by('a', 'pass'), by('a', 'pass')], 2, null)).toBe('open');
  expect(statusOfGrades([by('a', 'pass'), by('b', 'pass')], 2, null)).toBe('pass');
  expect(statusOfGrades([by('a', 'flag')], 2, null)).toBe('flag');
  expect(statusOfGrades([by('a', 'pass')], 1, 'flag')).toBe('flag');
});

test('what may be waived, by how many, for how long', () => {
  const waivable = { status: 'flag', killer: false, reason: 'Agreed with finance.', expiresAt: 2, now: 1 } as const;
  expect(waiverFault(waivable)).toBeUndefined();
  expect(waiverFault({ ...waivable, killer: true })?.code).toBe('killer_item');
  expect(waiverFault({ ...waivable, status: 'error' })?.code).toBe('not_waivable');
  expect(waiverFault({ ...waivable, reason: '   short   ' })?.code).toBe('invalid_waiver');
  expect(waiverFault({ ...waivable, expiresAt: 1 })?.code).toBe('invalid_waiver');
  expect(waiverFault({ ...waivable, expiresAt: 91 * 86_400_000 })?.code).toBe('invalid_waiver');
  expect([waiversNeeded('critical'), waiversNeeded('major')]).toEqual([2, 1]);
});

test('only people who may still approve count, each once; a withdrawal leaves an escalation standing', () => {
  const approved = (approverId: string) => ({ approverId, decision: 'approved' }) as const;
  expect(approvalsOf([approved('a'), approved('a'), approved('gone')], ['a', 'b'])).toBe(1);
  expect(afterWithdrawal([approved('a')])).toBe('audited');
  expect(afterWithdrawal([{ approverId: 'a', decision: 'escalated' }])).toBe('escalated');
  expect(decide({ ...given, decision: 'abstained' })).toEqual({ ok: true, next: 'audited' });
});

test('a decision needs a sign-in younger than twelve hours', () => {
  const at = Date.parse('2026-01-01T12:00:00Z');
  expect(() => {
    requireRecentSignIn({ authTime: '2026-01-01T00:00:00Z' }, at);
  }).not.toThrow();
  expect(() => {
    requireRecentSignIn({ authTime: '2025-12-31T23:59:59Z' }, at);
  }).toThrow(/signed in at/);
});
