import type { Approval } from '../approvals/store.js';
import type { Audit, Check } from '../checks/store.js';
import type { Evidence } from '../evidence/store.js';
import type { Org } from '../orgs/store.js';
import type { Run, StoredVerdict } from '../runs/store.js';
import type { Submission } from '../submissions/store.js';
import type { Commitments } from './disclosures.js';

/** in-toto Statement v1. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const RUN_PREDICATE_TYPE = 'https://defendablecloud.com/receipt/run/v1';

/** What no receipt of this version proves; it stands in every one. */
const notChecked = [
  'That the evidence is true; only that these bytes were attached and have not changed since.',
  'That the agent named is the one that ran; it is named by the submitter.',
  'Who the approver is beyond control of their e-mail address.',
] as const;

export interface RunReceiptFacts {
  readonly receiptId: string;
  readonly issuedAt: string;
  readonly org: Org;
  /** Place in the organization's own sequence, and the digest before it: an omission shows. */
  readonly sequence: { readonly seq: number; readonly prev: string };
  readonly run: Run;
  readonly verdict: StoredVerdict;
  readonly evidence: readonly Evidence[];
  readonly submission: Submission;
  readonly audit: Audit;
  readonly checks: readonly Check[];
  readonly approvals: readonly Approval[];
  /** Display names by user id. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * The statement of a run's receipt. Fields that could tell of people or content are salted commitments (RFC 9901);
 * digests, rule results, times and roles are in the clear, so that every redaction leaves the same signed bytes.
 */
export function runStatement(facts: RunReceiptFacts, commitments: Commitments): Readonly<Record<string, unknown>> {
  const { run, submission } = facts;
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { name: 'evidence-manifest', digest: { sha256: submission.evidenceRoot } },
      { name: 'submission-manifest', digest: { sha256: submission.manifestDigest } },
    ],
    predicateType: RUN_PREDICATE_TYPE,
    predicate: {
      _sd_alg: 'sha-256',
      receiptId: facts.receiptId,
      kind: 'run',
      schemaVersion: '1.0.0',
      issuedAt: facts.issuedAt,
      organization: { alias: facts.org.alias, ...commitments.commit('/organization', { name: facts.org.name }) },
      chain: { scope: facts.org.alias, seq: facts.sequence.seq, prev: facts.sequence.prev },
      run: {
        lane: run.lane,
        attempt: run.attempt,
        ...commitments.commit('/run', { id: run.id, title: run.title, assignmentSha256: run.assignmentSha256 }),
      },
      flightSheet: {
        slug: run.flightSheetSlug,
        version: run.flightSheetVersion,
        digest: run.flightSheetDigest,
        rules: ruleResults(facts, commitments),
      },
      engine: {
        version: facts.audit.engineVersion,
        inputsDigest: facts.audit.inputsDigest,
        replayDigest: facts.audit.replayDigest,
      },
      agent: commitments.commit('/agent', { ...submission.agent }),
      model: submission.model ? commitments.commit('/model', { ...submission.model }) : null,
      evidence: { root: submission.evidenceRoot, items: evidenceItems(facts.evidence, commitments) },
      submission: {
        manifest: submission.manifestDigest,
        submittedAt: submission.createdAt.toISOString(),
        ...commitments.commit('/submission', { outputSha256: submission.outputSha256 }),
      },
      verdict: {
        outcome: facts.verdict.outcome,
        because: facts.verdict.because,
        score: facts.verdict.score,
        digest: facts.verdict.digest,
      },
      approvals: approvalItems(facts, commitments),
      fourEyes: run.fourEyes,
      redaction: {
        policy: 'https://defendablecloud.com/redaction/v1',
        fields: commitments.all.map(({ pointer }) => pointer),
      },
      notChecked,
    },
  };
}

const ruleResults = ({ checks }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  checks.map(({ ruleId, status, severity, kind, detail }, i) => ({
    id: ruleId,
    result: status,
    severity,
    grader: kind === 'auto' ? 'engine' : 'human',
    ...commitments.commit(`/flightSheet/rules/${String(i)}`, { detail }),
  }));

const evidenceItems = (evidence: readonly Evidence[], commitments: Commitments): readonly unknown[] =>
  evidence.map(({ kind, sensitivity, label, sha256 }, i) => ({
    kind,
    sensitivity,
    ...commitments.commit(`/evidence/items/${String(i)}`, { label, sha256 }),
  }));

const approvalItems = ({ approvals, names }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  approvals.map(({ decision, approverRole, authMethod, createdAt, approverId, note }, i) => ({
    decision,
    role: approverRole,
    authMethod,
    at: createdAt.toISOString(),
    ...commitments.commit(`/approvals/${String(i)}`, { approver: names.get(approverId), note }),
  }));
