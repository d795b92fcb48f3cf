import { flag, listed, pass, skip, type Finding } from '../finding.js';
import { NOT_RECORDED, type EngineInputs } from '../frozen.js';
import { plain, type BuiltIns } from './built-in.js';

/** Clocks of others may be ahead by this much; what is more is refused when evidence is attached. */
const SKEW_MS = 5 * 60_000;

/** SOD-001, INT-002 and INT-003: people, ledger and clock. */
export const processRules: BuiltIns = {
  'SOD-001': plain(({ submission, approvers, sheet }) => {
    const others = approvers.filter((approver) => approver !== submission?.submitter);
    const graded = sheet.rules.some(({ kind, severity }) => kind !== 'auto' && severity === 'critical');
    const needed = sheet.four_eyes.forbid_grader && graded ? 2 : 1;
    if (others.length >= needed) return pass('Someone other than the submitter may approve.', String(others.length));
    return flag(
      needed === 1 ? 'Nobody but the submitter may approve.' : 'One other person cannot both grade and approve.',
      `${String(others.length)} other approvers`,
      `at least ${String(needed)}`,
      { pointers: ['/approvers'] },
    );
  }),
  'INT-002': plain(({ ledger_segment: segment }) => {
    if (segment === NOT_RECORDED) return skip('The ledger segment is not recorded here.');
    if (segment.fault === null) return pass('The newest ledger segment verifies.', String(segment.seq));
    return flag(segment.fault, `segment ${String(segment.seq)} does not verify`, 'verifies', {
      pointers: ['/ledger_segment'],
    });
  }),
  'INT-003': plain(saneClock),
};

function saneClock({ evidence, submission, clock }: EngineInputs): Finding {
  const now = Date.parse(clock);
  const faults = evidence.flatMap(({ id, captured_at, stored_at }, i) => {
    const stored = Date.parse(stored_at);
    const ahead = captured_at !== null && Date.parse(captured_at) > stored + SKEW_MS;
    const text = ahead
      ? `${id} captured after it was stored`
      : stored > now
        ? `${id} stored after the audit`
        : undefined;
    return text === undefined ? [] : [{ text, pointer: `/evidence/${String(i)}` }];
  });
  if (submission && Date.parse(submission.submitted_at) > now)
    faults.push({ text: 'submitted after the audit', pointer: '/submission/submitted_at' });
  if (faults.length === 0) return pass('Evidence, submission and audit follow in time.');
  return flag(
    listed(faults.map(({ text }) => text)),
    `${String(faults.length)} out of order`,
    'captured, stored, submitted, audited',
    {
      pointers: faults.map(({ pointer }) => pointer),
    },
  );
}
