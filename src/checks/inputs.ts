import { createHash } from 'node:crypto';
import type { Evidence } from '../evidence/store.js';
import { evidenceRoot } from '../evidence/manifest.js';
import type { Run } from '../runs/store.js';
import type { Submission } from '../submissions/store.js';
import {
  engineVersion,
  NOT_RECORDED,
  type EngineAgentProfile,
  type EngineDataset,
  type EngineEvidence,
  type EngineIncident,
  type EngineInputs,
  type EnginePin,
  type EngineSubmission,
} from './frozen.js';
import type { Audit } from './store.js';

export interface AuditFacts {
  readonly run: Run;
  readonly audit: Pick<Audit, 'clock' | 'sheetDigest'>;
  readonly evidence: readonly Evidence[];
  readonly submission: Submission | undefined;
  readonly approvers: readonly string[];
  readonly incidents: readonly EngineIncident[];
  readonly agentProfile: EngineAgentProfile | null;
  readonly pin: EnginePin | null;
  readonly datasets: readonly EngineDataset[];
}
/** What the bytes of one item were when they were read again; null when they were not there. */
export interface Observation {
  readonly sha256: string;
  readonly sniffedType: string | null;
  readonly text: string | null;
  readonly activeContent: readonly string[];
}

/** A person inside an audit: a hash bound to the run, so that an exported audit names nobody. */
const personHash = (runId: string, userId: string): string =>
  createHash('sha256').update(`${runId}:${userId}`).digest('hex');

/**
 * Freezes what the engine looks at: the one place where facts of the product become inputs. What is not recorded yet
 * says so. `observed` is what was just read from storage, by evidence id.
 */
export function engineInputs(facts: AuditFacts, observed: ReadonlyMap<string, Observation | null>): EngineInputs {
  const { run, audit, submission, approvers } = facts;
  const evidence = facts.evidence.filter(({ state }) => state !== 'withdrawn');
  return {
    engine_version: engineVersion,
    clock: audit.clock.toISOString(),
    sheet_digest: audit.sheetDigest,
    sheet: run.flightSheet,
    run: { lane: run.lane, title: run.title, attempt: run.attempt, inputs: run.inputs, labels: run.labels },
    evidence: evidence.map((item) => freezeEvidence(item, observed.get(item.id) ?? null)),
    evidence_root: evidenceRoot(evidence),
    submission: submission ? freezeSubmission(run.id, submission) : null,
    approvers: approvers.map((userId) => personHash(run.id, userId)).sort(),
    incidents: facts.incidents,
    agent_profile: facts.agentProfile,
    pin: facts.pin,
    datasets: facts.datasets,
    ledger_segment: NOT_RECORDED,
  };
}

function freezeEvidence(item: Evidence, observed: Observation | null): EngineEvidence {
  return {
    id: item.id,
    kind: item.kind,
    label: item.label,
    filename: item.filename,
    media_type: item.mediaType,
    sniffed_type: observed?.sniffedType ?? null,
    sha256: item.sha256,
    client_sha256: item.clientSha256,
    state: item.state,
    observed_sha256: observed?.sha256 ?? null,
    captured_at: item.capturedAt?.toISOString() ?? null,
    stored_at: item.createdAt.toISOString(),
    text: observed?.text ?? null,
    active_content: observed?.activeContent ?? [],
  };
}

function freezeSubmission(runId: string, submission: Submission): EngineSubmission {
  const { model, usage } = submission;
  return {
    id: submission.id,
    attempt: submission.attempt,
    evidence_root: submission.evidenceRoot,
    submitted_at: submission.createdAt.toISOString(),
    output: submission.output.value,
    claims: submission.claims,
    calculations: submission.calculations,
    missing_inputs: submission.missingInputs,
    assumptions: submission.assumptions,
    agent: submission.agent,
    model: model && withoutUndefined(model),
    usage: usage && withoutUndefined(usage),
    submitter: personHash(runId, submission.submittedBy),
  };
}

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** The same object where no key stands for nothing: canonical JSON has no undefined. */
function withoutUndefined<T extends object>(value: T): Defined<T>;
function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

/** The inputs as they are kept: without the texts of the evidence, which stay in one place. */
export function withoutTexts(inputs: EngineInputs): EngineInputs {
  return { ...inputs, evidence: inputs.evidence.map((item) => (item.text === null ? item : { ...item, text: '' })) };
}

/** Puts the texts back, each read again from storage; undefined when one is gone or another than it was. */
export function withTexts(
  inputs: EngineInputs,
  observed: ReadonlyMap<string, Observation | null>,
): EngineInputs | undefined {
  const evidence = inputs.evidence.map((item) => {
    if (item.text === null) return item;
    const found = observed.get(item.id);
    return found?.sha256 === item.observed_sha256 && found.text !== null ? { ...item, text: found.text } : undefined;
  });
  if (evidence.includes(undefined)) return undefined;
  return { ...inputs, evidence: evidence.flatMap((item) => item ?? []) };
}
