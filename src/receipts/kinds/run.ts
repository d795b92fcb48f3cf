import { z } from 'zod';
import type { Approval } from '../../approvals/store.js';
import type { Audit, Check } from '../../checks/store.js';
import type { Evidence } from '../../evidence/store.js';
import type { Pin } from '../../models/pin-store.js';
import type { Run, StoredVerdict } from '../../runs/store.js';
import type { Submission } from '../../submissions/store.js';
import type { Commitments } from '../disclosures.js';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface RunReceiptFacts {
  /** What the people decided: a rejection has its receipt too. */
  readonly decision: 'approved' | 'rejected';
  readonly run: Run;
  readonly verdict: StoredVerdict;
  readonly evidence: readonly Evidence[];
  /** The model pins in force for the run when it was minted. */
  readonly pins: readonly Pin[];
  readonly submission: Submission;
  readonly audit: Audit;
  /** Every live check, with the audit it belongs to. */
  readonly checks: readonly Check[];
  /** Kind of each live audit by its id. */
  readonly auditKinds: ReadonlyMap<string, Audit['kind']>;
  /** Every decision that stands on this verdict. */
  readonly approvals: readonly Approval[];
  /** Display names by user id. */
  readonly names: ReadonlyMap<string, string>;
}

const rule = z.object({
  id: z.string(),
  audit: z.enum(['flight_sheet', 'core']),
  result: z.string(),
  severity: z.string(),
  grader: z.enum(['engine', 'human']),
  ...committed,
});

/**
 * The receipt of a run. Fields that could tell of people or content are salted commitments (RFC 9901); digests, rule
 * results, times and roles are in the clear, so that every redaction leaves the same signed bytes.
 */
export const runKind = defineKind<RunReceiptFacts>({
  kind: 'run',
  predicateType: `${PREDICATE_BASE}/run/v1`,
  schemaVersion: '1.2.0',
  notChecked: [
    'That the evidence is true; only that these bytes were attached and have not changed since.',
    'That the agent named is the one that ran; it is named by the submitter.',
    'Who the approver is beyond control of their e-mail address.',
  ],
  schema: z.object({
    ...frame,
    decision: z.enum(['approved', 'rejected']),
    run: z.object({ lane: z.string(), attempt: z.int().min(1), openedAt: time, ...committed }),
    flightSheet: z.object({ slug: z.string(), version: z.string(), digest: z.string(), rules: z.array(rule) }),
    engine: z.object({
      version: z.string(),
      inputsDigest: z.string().nullable(),
      replayDigest: z.string().nullable(),
      auditedAt: time,
    }),
    agent: z.object(committed),
    model: z.object(committed).nullable(),
    pins: z.array(z.object({ pinnedAt: time, ...committed })).optional(),
    evidence: z.object({
      root: sha256,
      items: z.array(z.object({ kind: z.string(), sensitivity: z.string(), ...committed })),
    }),
    submission: z.object({ manifest: sha256, submittedAt: time, ...committed }),
    verdict: z.object({
      outcome: z.enum(['cleared', 'conditional', 'grounded']),
      because: z.array(z.string()),
      score: z.object({ satisfied: z.int(), applicable: z.int() }),
      digest: sha256,
    }),
    approvals: z.array(
      z.object({ decision: z.string(), role: z.string(), authMethod: z.string(), at: time, ...committed }),
    ),
    fourEyes: z.record(z.string(), z.unknown()),
  }),
  subjects: ({ submission }) => [
    { name: 'evidence-manifest', digest: { sha256: submission.evidenceRoot } },
    { name: 'submission-manifest', digest: { sha256: submission.manifestDigest } },
  ],
  body: (facts, commitments) => {
    const { run, submission, audit, verdict } = facts;
    return {
      decision: facts.decision,
      run: {
        lane: run.lane,
        attempt: run.attempt,
        openedAt: run.createdAt.toISOString(),
        ...commitments.commit('/run', { id: run.id, title: run.title, assignmentSha256: run.assignmentSha256 }),
      },
      flightSheet: {
        slug: run.flightSheetSlug,
        version: run.flightSheetVersion,
        digest: run.flightSheetDigest,
        rules: ruleResults(facts, commitments),
      },
      engine: {
        version: audit.engineVersion,
        inputsDigest: audit.inputsDigest,
        replayDigest: audit.replayDigest,
        auditedAt: audit.clock.toISOString(),
      },
      agent: commitments.commit('/agent', { ...submission.agent }),
      model: submission.model ? commitments.commit('/model', { ...submission.model }) : null,
      pins: pinItems(facts, commitments),
      evidence: { root: submission.evidenceRoot, items: evidenceItems(facts, commitments) },
      submission: {
        manifest: submission.manifestDigest,
        submittedAt: submission.createdAt.toISOString(),
        ...commitments.commit('/submission', { outputSha256: submission.outputSha256 }),
      },
      verdict: {
        outcome: verdict.outcome,
        because: verdict.because,
        score: verdict.score,
        digest: verdict.digest,
      },
      approvals: approvalItems(facts, commitments),
      fourEyes: run.fourEyes,
    };
  },
});

const ruleResults = ({ checks, auditKinds }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  checks.map(({ auditId, ruleId, status, severity, kind, detail }, i) => ({
    id: ruleId,
    audit: auditKinds.get(auditId) ?? 'flight_sheet',
    result: status,
    severity,
    grader: kind === 'auto' ? 'engine' : 'human',
    ...commitments.commit(`/flightSheet/rules/${String(i)}`, { detail }),
  }));

/** Which models were pinned, as commitments: a share may show them, and the receipt of each pin proves them. */
const pinItems = ({ pins }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  pins.map(({ slug, revision, cardSha256, receiptId, createdAt }, i) => ({
    pinnedAt: createdAt.toISOString(),
    ...commitments.commit(`/pins/${String(i)}`, { slug, revision, cardSha256, receiptId }),
  }));

const evidenceItems = ({ evidence }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  evidence.map(({ kind, sensitivity, label, sha256: digest }, i) => ({
    kind,
    sensitivity,
    ...commitments.commit(`/evidence/items/${String(i)}`, { label, sha256: digest }),
  }));

const approvalItems = ({ approvals, names }: RunReceiptFacts, commitments: Commitments): readonly unknown[] =>
  approvals.map(({ decision, approverRole, authMethod, createdAt, approverId, note }, i) => ({
    decision,
    role: approverRole,
    authMethod,
    at: createdAt.toISOString(),
    ...commitments.commit(`/approvals/${String(i)}`, { approver: names.get(approverId), note }),
  }));
