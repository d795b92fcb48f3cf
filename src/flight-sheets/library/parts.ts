import type { FlightSheet, Rule } from '../schema.js';
import { builtIn } from './catalogue.js';

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

/** The built-ins of the first three sheets, as they were published; a published sheet never changes. */
export const firstRules: readonly Rule[] = [
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

/** What POST /runs/{run_id}/checks runs: every built-in that needs no word of a sheet. */
export const coreRules: readonly Rule[] = (
  [
    'EVD-001',
    'EVD-002',
    'EVD-006',
    'EVD-007',
    'EVD-008',
    'SUB-001',
    'SUB-002',
    'SUB-003',
    'SUB-005',
    'SUB-006',
    'MTH-001',
    'MTH-002',
    'MTH-004',
    'POL-002',
    'POL-003',
    'POL-004',
    'PRV-001',
    'PRV-002',
    'PRV-003',
    'PRV-004',
    'PRV-005',
    'PRV-006',
    'SAF-001',
    'SAF-004',
    'SOD-001',
    'INT-001',
    'INT-002',
    'INT-003',
  ] as const
).map((key) => builtIn(key));

/** The same with what closes an audit: the answers of people. */
export const reviewedRules: readonly Rule[] = [...coreRules, builtIn('SOD-002'), builtIn('SOD-003')];

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** An object with exactly these fields, all required. */
export const record = (
  properties: Readonly<Record<string, unknown>>,
  optional: readonly string[] = [],
): Record<string, unknown> => ({
  $schema: dialect,
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
  additionalProperties: false,
});
export const words = (minLength: number): Record<string, unknown> => ({ type: 'string', minLength });
export const measure = (minimum = 0): Record<string, unknown> => ({ type: 'number', minimum });
export const listOf = (items: unknown, minItems = 1): Record<string, unknown> => ({ type: 'array', minItems, items });

type Written = Pick<
  FlightSheet,
  'slug' | 'name' | 'lane' | 'summary' | 'assignment_instructions' | 'required_output_schema' | 'rules' | 'standards'
> &
  Partial<FlightSheet>;

/** A sheet of the library: what it does not say is what all of them share. */
export const published = (sheet: Written): FlightSheet => ({
  version: '1.0.0',
  strict_submission: false,
  tolerance: standardTolerance,
  four_eyes: twoPeople,
  state: 'active',
  ...sheet,
});
