import { createHash } from 'node:crypto';
import type { FlightSheet, Severity } from '../flight-sheets/schema.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { checkMath } from './math.js';
import { checkOutputSchema } from './output-schema.js';

/** Part of every audit: same inputs, clock and version give the same bytes. */
export const engineVersion = 'core/1.0.0';

export interface EngineEvidence {
  readonly id: string;
  readonly sha256: string;
  readonly state: string;
  /** Digest of the bytes as read from storage just now; null when the object is not there. */
  readonly observed_sha256: string | null;
}
export interface Calculation {
  readonly name: string;
  readonly expression: string;
  readonly inputs: Readonly<Record<string, number | readonly number[]>>;
  readonly claimed: number;
}
export interface EngineSubmission {
  readonly id: string;
  readonly evidence_root: string;
  readonly output: unknown;
  readonly calculations: readonly Calculation[];
  /** Hash of the person who submitted, not the person. */
  readonly submitter: string;
}
/** Everything a verdict depends on, frozen: plain JSON, no clock, no I/O. */
export interface EngineInputs {
  readonly engine_version: string;
  readonly clock: string;
  readonly sheet_digest: string;
  readonly output_schema: FlightSheet['required_output_schema'];
  readonly tolerance: FlightSheet['tolerance'];
  readonly evidence: readonly EngineEvidence[];
  readonly evidence_root: string;
  readonly submission: EngineSubmission | null;
  /** Hashes of the people who may approve. */
  readonly approvers: readonly string[];
}
export interface Finding {
  readonly status: 'pass' | 'flag' | 'skip' | 'error';
  /** Set when the size of the fault decides how grave it is. */
  readonly severity?: Severity;
  readonly observed: string | null;
  readonly expected: string | null;
  readonly detail: string;
  readonly evidence_ids: readonly string[];
}
export interface RuleResult extends Finding {
  readonly rule_id: string;
}

type Check = (inputs: EngineInputs) => Finding;

const pass = (detail: string, observed: string | null = null): Finding => ({
  status: 'pass',
  observed,
  expected: null,
  detail,
  evidence_ids: [],
});
const flag = (detail: string, observed: string, expected: string, evidenceIds: readonly string[] = []): Finding => ({
  status: 'flag',
  observed,
  expected,
  detail,
  evidence_ids: evidenceIds,
});
const skip = (detail: string): Finding => ({
  status: 'skip',
  observed: null,
  expected: null,
  detail,
  evidence_ids: [],
});

/** The built-in rules by key. A key is stable and never reused. */
const builtIns: Readonly<Record<string, Check>> = {
  'EVD-001': ({ evidence }) => {
    const missing = evidence.filter(({ observed_sha256 }) => observed_sha256 === null);
    const changed = evidence.filter((item) => item.observed_sha256 !== null && item.observed_sha256 !== item.sha256);
    if (missing.length + changed.length === 0)
      return pass(`${String(evidence.length)} objects read again, every digest equal.`, String(evidence.length));
    const detail = `${String(missing.length)} missing, ${String(changed.length)} changed in storage.`;
    return flag(
      detail,
      `${String(missing.length + changed.length)} bad`,
      '0 bad',
      [...missing, ...changed].map(({ id }) => id),
    );
  },
  'EVD-002': ({ submission, evidence_root }) => {
    if (!submission) return skip('There is no submission to compare with.');
    if (submission.evidence_root === evidence_root)
      return pass('The evidence root is the one submitted on.', evidence_root);
    return flag('Evidence was added or withdrawn after the submission.', evidence_root, submission.evidence_root);
  },
  'EVD-006': ({ evidence }) => {
    const unready = evidence.filter(({ state }) => state !== 'stored' && state !== 'verified');
    if (unready.length === 0) return pass('No item is quarantined or pending.');
    return flag(
      `${String(unready.length)} items are not ready.`,
      unready.map(({ state }) => state).join(', '),
      'stored or verified',
      unready.map(({ id }) => id),
    );
  },
  'SUB-001': ({ submission }) =>
    submission
      ? pass('A current submission exists.', submission.id)
      : flag('There is no current submission.', 'none', 'one'),
  'SUB-003': ({ submission, output_schema }) => {
    if (!submission) return skip('There is no submission to validate.');
    if (!output_schema) return skip('The sheet declares no output schema.');
    return checkOutputSchema(output_schema, submission.output);
  },
  'MTH-001': ({ submission, tolerance }) => {
    if (!submission || submission.calculations.length === 0) return skip('The submission states no calculation.');
    return checkMath(submission.calculations, tolerance);
  },
  'SOD-001': ({ submission, approvers }) => {
    const others = approvers.filter((approver) => approver !== submission?.submitter);
    if (others.length > 0) return pass('Someone other than the submitter may approve.', String(others.length));
    return flag('Nobody but the submitter may approve.', '0 other approvers', 'at least 1');
  },
};

/** Runs rules in order. Total: a rule that cannot be evaluated is an error of its own and stops no other. */
export function runRules(
  keys: readonly { readonly rule_id: string; readonly check: string }[],
  inputs: EngineInputs,
): readonly RuleResult[] {
  return keys.map(({ rule_id, check }) => ({ rule_id, ...evaluate(check, inputs) }));
}

function evaluate(check: string, inputs: EngineInputs): Finding {
  const rule = Object.hasOwn(builtIns, check) ? builtIns[check] : undefined;
  if (!rule)
    return {
      status: 'error',
      observed: null,
      expected: null,
      detail: `The engine has no rule ${check}.`,
      evidence_ids: [],
    };
  try {
    return rule(inputs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    return {
      status: 'error',
      observed: null,
      expected: null,
      detail: `The rule could not be evaluated: ${reason}`,
      evidence_ids: [],
    };
  }
}

const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** Digest of the frozen inputs, and of the inputs with their results: a replay must give both again. */
export function digestsOf(
  inputs: EngineInputs,
  results: readonly RuleResult[],
): { readonly inputs: string; readonly replay: string } {
  const inputsDigest = digest(inputs);
  return { inputs: inputsDigest, replay: digest({ inputs: inputsDigest, results }) };
}
