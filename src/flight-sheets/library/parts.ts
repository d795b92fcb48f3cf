import type { FlightSheet, Rule } from '../schema.js';

type Category = Rule['category'];

/** An automatic rule that runs a built-in of the check engine. */
const auto = (check: string, title: string, category: Category, remediation: string): Rule => ({
  id: check,
  kind: 'auto',
  check,
  title,
  category,
  severity: 'critical',
  bucket: category === 'human' ? 'process' : 'work_defect',
  remediation,
});

/** The built-ins that every sheet of the library runs. */
export const coreRules: readonly Rule[] = [
  auto(
    'EVD-001',
    'Stored evidence still has its recorded digest',
    'evidence',
    'Restore the object or open a new run with the evidence as it is.',
  ),
  auto(
    'EVD-002',
    'The evidence is the set the submission was made on',
    'evidence',
    'Submit again on the present evidence.',
  ),
  auto(
    'EVD-006',
    'No evidence is quarantined or still on its way',
    'evidence',
    'Finish the upload or withdraw the item.',
  ),
  auto('SUB-001', 'There is a current submission', 'structure', 'POST the submission.'),
  auto(
    'SUB-003',
    'The output fits the schema of the sheet',
    'schema',
    'Correct the output at the pointers named and submit again.',
  ),
  auto(
    'MTH-001',
    'Every calculation comes out as claimed',
    'math',
    'Correct the claimed value or the inputs and submit again.',
  ),
  auto('SOD-001', 'Someone other than the submitter can approve', 'human', 'Invite a second person who may approve.'),
];

/** Relative error: up to 1 % passes, to 2 % is noted, to 10 % is major, from there critical. */
export const standardTolerance: FlightSheet['tolerance'] = { pass: 0.01, info: 0.02, major: 0.1, absolute_floor: 1e-9 };
export const twoPeople: FlightSheet['four_eyes'] = {
  required_approvals: 1,
  forbid_submitter: true,
  forbid_grader: false,
};
