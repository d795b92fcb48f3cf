import type { Rule, Severity } from '../schema.js';

type Category = Rule['category'];
interface Entry {
  readonly title: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly remediation: string;
}

const entry = (category: Category, severity: Severity, title: string, remediation: string): Entry => ({
  title,
  category,
  severity,
  remediation,
});

/** Every built-in as the library words it: what passes, how grave it is, and what clears it. */
const catalogue = {
  'EVD-001': entry(
    'evidence',
    'critical',
    'Stored evidence still has its recorded digest',
    'Restore the object or open a new run with the evidence as it is.',
  ),
  'EVD-002': entry(
    'evidence',
    'critical',
    'The evidence is the set the submission was made on',
    'Submit again on the present evidence.',
  ),
  'EVD-003': entry('evidence', 'major', 'Every required kind of evidence is there', 'Attach the kinds named.'),
  'EVD-004': entry('evidence', 'major', 'Evidence was fresh at the submission', 'Collect the items named again.'),
  'EVD-005': entry(
    'evidence',
    'minor',
    'Files came with the digest their sender declared',
    'Send client_sha256 with each file.',
  ),
  'EVD-006': entry(
    'evidence',
    'critical',
    'No evidence is quarantined or still on its way',
    'Finish the upload or withdraw the item.',
  ),
  'EVD-007': entry('evidence', 'minor', 'No copy is presented as independent evidence', 'Withdraw the copies named.'),
  'EVD-008': entry('evidence', 'major', 'Files are what their type says', 'Attach the file under its true media type.'),
  'SUB-001': entry('structure', 'critical', 'There is a current submission', 'POST the submission.'),
  'SUB-002': entry(
    'structure',
    'critical',
    'All evidence is older than the submission',
    'Submit again after the last evidence.',
  ),
  'SUB-003': entry(
    'schema',
    'critical',
    'The output fits the schema of the sheet',
    'Correct the output at the pointers named and submit again.',
  ),
  'SUB-004': entry(
    'structure',
    'major',
    'Sections are filled and absent inputs disclosed',
    'Fill the sections, or list what is absent in missing_inputs.',
  ),
  'SUB-005': entry(
    'evidence',
    'major',
    'Claims cite evidence that says so',
    'Cite the item that supports each claim, and quote it exactly.',
  ),
  'SUB-006': entry(
    'structure',
    'info',
    'The number of attempts is within its limit',
    'Open a new run if the work began anew.',
  ),
  'MTH-001': entry(
    'math',
    'critical',
    'Every calculation comes out as claimed',
    'Correct the claimed value or the inputs and submit again.',
  ),
  'MTH-002': entry(
    'math',
    'major',
    'A named quantity has one value everywhere',
    'Use one value in output, calculations and claims.',
  ),
  'MTH-003': entry(
    'math',
    'major',
    'Inputs of calculations stand in the evidence',
    'Attach the source of the numbers named.',
  ),
  'MTH-004': entry('math', 'minor', 'Units are consistent', 'Convert to one unit before calculating.'),
  'POL-002': entry('policy', 'critical', 'No grave incident is open', 'Resolve the incidents named.'),
  'POL-003': entry('policy', 'major', 'The agent may do this work', 'Use an active agent profile that has this lane.'),
  'POL-004': entry(
    'policy',
    'major',
    'Tool calls are within the list',
    'Remove the calls named, or widen the profile first.',
  ),
  'POL-005': entry(
    'policy',
    'major',
    'Spend, tokens and time are within their limits',
    'State the usage, and keep it under the limits.',
  ),
  'PRV-001': entry(
    'provenance',
    'major',
    'The submission names the pinned model',
    'Pin the model that was used, with its revision.',
  ),
  'PRV-002': entry(
    'provenance',
    'critical',
    'The pinned model is the one in the catalog',
    'Pin a revision that is in the catalog and not withdrawn.',
  ),
  'PRV-003': entry('provenance', 'critical', 'Every dataset was granted', 'Get a grant for the version used.'),
  'PRV-004': entry('provenance', 'critical', 'Licences allow the use', 'Replace the datasets named.'),
  'PRV-005': entry('provenance', 'major', 'Training data says whether it is personal', 'Have the issuer state it.'),
  'PRV-006': entry(
    'provenance',
    'major',
    'Evaluation items are not in the training set',
    'Remove the overlap and measure again.',
  ),
  'SAF-001': entry(
    'safety',
    'critical',
    'No live secret is in evidence or submission',
    'Revoke the secret, then attach the item without it.',
  ),
  'SAF-002': entry('safety', 'major', 'No needless personal data', 'Mask the items named and attach them again.'),
  'SAF-003': entry('safety', 'minor', 'Text that gives orders to agents is disclosed', 'Name the item in assumptions.'),
  'SAF-004': entry(
    'safety',
    'major',
    'Active content is declared',
    'Name the file in assumptions, or attach it without macros.',
  ),
  'SOD-001': entry(
    'human',
    'critical',
    'Someone other than the submitter can approve',
    'Invite a second person who may approve.',
  ),
  'SOD-002': entry('human', 'major', 'Human answers are fresh', 'Answer the rules named again.'),
  'SOD-003': entry(
    'human',
    'critical',
    'Killer items are answered and none waived',
    'Answer the items named with a value.',
  ),
  'INT-001': entry('policy', 'critical', 'The sheet is the frozen one', 'Open a new run.'),
  'INT-002': entry(
    'policy',
    'major',
    'The ledger of the organization verifies',
    'Have the ledger checked before going on.',
  ),
  'INT-003': entry(
    'policy',
    'minor',
    'Evidence, submission and audit follow in time',
    'Correct the clock of the collector.',
  ),
  'CMP-001': entry(
    'evidence',
    'major',
    'Benchmark numbers are those of the instrument',
    'Attach the output of the instrument and copy its values.',
  ),
  'CMP-002': entry(
    'policy',
    'major',
    'Throughput is physically possible',
    'Measure again; the claimed number exceeds the memory bandwidth.',
  ),
  'COK-001': entry(
    'math',
    'critical',
    'The lift comes out of its items',
    'Recompute lift and interval from the per-item results.',
  ),
} as const satisfies Readonly<Record<string, Entry>>;

export type BuiltInKey = keyof typeof catalogue;

/** An automatic rule that runs a built-in of the engine, as the catalogue words it. */
export function builtIn(check: BuiltInKey, params?: Readonly<Record<string, unknown>>): Rule {
  const { title, category, severity, remediation } = catalogue[check];
  return {
    id: check,
    kind: 'auto',
    check,
    title,
    category,
    severity,
    bucket: category === 'human' ? 'process' : category === 'provenance' ? 'stack_fit' : 'work_defect',
    remediation,
    ...(params ? { params: { ...params } } : {}),
  };
}

/** An automatic rule that is an expression. */
export const stated = (id: string, severity: Severity, title: string, expr: string, remediation: string): Rule => ({
  id,
  kind: 'auto',
  check: 'POL-001',
  expr,
  title,
  category: 'policy',
  severity,
  bucket: 'work_defect',
  remediation,
});

type HumanRule = Extract<Rule, { kind: 'human' }>;

/** A question that another person than the submitter answers with a value. */
export const asked = (
  id: string,
  severity: Severity,
  title: string,
  response: HumanRule['response'],
  remediation: string,
  more: Partial<Pick<HumanRule, 'killer' | 'graders' | 'evidence_required' | 'when'>> = {},
): Rule => ({
  id,
  kind: 'human',
  title,
  category: 'human',
  severity,
  bucket: 'finding',
  response,
  forbid_submitter: true,
  remediation,
  ...more,
});
