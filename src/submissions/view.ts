import type { z } from 'zod';
import type { submissionView, submittedView } from './schema.js';
import type { Submission } from './store.js';

export function showSubmitted(submission: Submission): z.input<typeof submittedView> {
  const {
    id,
    runId,
    attempt,
    agent,
    model,
    outputSha256,
    evidenceRoot,
    declaredEvidence,
    claims,
    calculations,
    missingInputs,
    assumptions,
    submittedBy,
    createdAt,
  } = submission;
  return {
    id,
    run_id: runId,
    attempt,
    agent,
    model,
    output_sha256: outputSha256,
    evidence_root: evidenceRoot,
    declared_evidence: [...declaredEvidence],
    claims,
    calculations,
    missing_inputs: [...missingInputs],
    assumptions: [...assumptions],
    submitted_by: submittedBy,
    created_at: createdAt.toISOString(),
  };
}

export function showSubmission(submission: Submission): z.input<typeof submissionView> {
  return { ...showSubmitted(submission), output: submission.output.value };
}
