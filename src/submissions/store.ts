import { createHash } from 'node:crypto';
import type { Tenant } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { SubmissionRow } from './model.js';
import type { Submit } from './schema.js';

export interface Submission {
  readonly id: string;
  readonly runId: string;
  readonly attempt: number;
  readonly agent: Submit['agent'];
  readonly model: NonNullable<Submit['model']> | null;
  readonly output: { readonly value: Submit['output'] };
  readonly outputSha256: string;
  readonly declaredEvidence: readonly string[];
  readonly evidenceRoot: string;
  /** Digest of the submission's ids and digests; random inside, so safe to publish. */
  readonly manifestDigest: string;
  readonly claims: Submit['claims'];
  readonly calculations: Submit['calculations'];
  readonly missingInputs: readonly string[];
  readonly assumptions: readonly string[];
  readonly usage: NonNullable<Submit['usage']> | null;
  readonly submittedBy: string;
  readonly createdAt: Date;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Digest of an output: canonical JSON (RFC 8785) for JSON, the UTF-8 bytes for a text. */
export const outputDigest = (output: Submit['output']): string =>
  sha256(typeof output === 'string' ? output : canonicalJson(output));

/** Appends the submission of an attempt. Safe to repeat under the run's lock: the command is recorded with it. */
export async function insertSubmission(
  tenant: Tenant,
  submission: { runId: string; attempt: number; evidenceRoot: string; submittedBy: string; body: Submit },
): Promise<Submission> {
  const { runId, attempt, evidenceRoot, submittedBy, body } = submission;
  const id = body.submission_id;
  const outputSha256 = outputDigest(body.output);
  return SubmissionRow.query(tenant.trx)
    .insert({
      id,
      orgId: tenant.orgId,
      runId,
      attempt,
      agent: body.agent,
      model: body.model ?? null,
      output: { value: body.output },
      outputSha256,
      declaredEvidence: body.declared_evidence,
      evidenceRoot,
      manifestDigest: sha256(
        canonicalJson({ version: 1, id, output_sha256: outputSha256, evidence_root: evidenceRoot }),
      ),
      claims: body.claims,
      calculations: body.calculations,
      missingInputs: body.missing_inputs,
      assumptions: body.assumptions,
      selfCheck: body.self_check ?? null,
      usage: body.usage ?? null,
      traceRef: body.trace_ref ?? null,
      submittedBy,
    })
    .returning('*');
}

export async function findSubmission(tenant: Tenant, id: string): Promise<Submission | undefined> {
  return SubmissionRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}
