import { createHash } from 'node:crypto';
import type { Evidence } from '../evidence/store.js';
import { evidenceRoot } from '../evidence/manifest.js';
import type { Run } from '../runs/store.js';
import type { Submission } from '../submissions/store.js';
import { engineVersion, type EngineInputs } from './engine.js';
import type { Audit } from './store.js';

export interface AuditFacts {
  readonly run: Run;
  readonly audit: Pick<Audit, 'clock' | 'sheetDigest'>;
  readonly evidence: readonly Evidence[];
  readonly submission: Submission | undefined;
  readonly approvers: readonly string[];
}

/** A person inside an audit: a hash bound to the run, so that an exported audit names nobody. */
const personHash = (runId: string, userId: string): string =>
  createHash('sha256').update(`${runId}:${userId}`).digest('hex');

/** Freezes what the engine looks at; `observed` are the digests just read from storage, by evidence id. */
export function engineInputs(facts: AuditFacts, observed: ReadonlyMap<string, string | null>): EngineInputs {
  const { run, audit, evidence, submission, approvers } = facts;
  return {
    engine_version: engineVersion,
    clock: audit.clock.toISOString(),
    sheet_digest: audit.sheetDigest,
    output_schema: run.flightSheet.required_output_schema,
    tolerance: run.flightSheet.tolerance,
    evidence: evidence.map(({ id, sha256, state }) => ({
      id,
      sha256,
      state,
      observed_sha256: observed.get(id) ?? null,
    })),
    evidence_root: evidenceRoot(evidence),
    submission: submission
      ? {
          id: submission.id,
          evidence_root: submission.evidenceRoot,
          output: submission.output.value,
          calculations: submission.calculations,
          submitter: personHash(run.id, submission.submittedBy),
        }
      : null,
    approvers: approvers.map((userId) => personHash(run.id, userId)).sort(),
  };
}
