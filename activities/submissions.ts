import type { Database } from '../src/db/database.js';
import { evidenceRoot } from '../src/evidence/manifest.js';
import { listEvidence } from '../src/evidence/store.js';
import { Refusal } from '../src/kernel/refusals.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../src/runs/apply.js';
import { submitPayload, type Submit } from '../src/submissions/schema.js';
import { insertSubmission } from '../src/submissions/store.js';
import { showSubmitted } from '../src/submissions/view.js';
import { schemaFaults } from '../src/checks/output-schema.js';
import type { Run } from '../src/runs/store.js';
import { reopen } from './evidence.js';

export interface SubmissionActivities {
  submit(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createSubmissionActivities({ database }: { readonly database: Database }): SubmissionActivities {
  return {
    /** Safe to retry: see applyRunCommand. The submission is bound to the evidence root of this moment. */
    submit: (ref) =>
      applyRunCommand(database, ref, 'submit', submitPayload, async ({ tenant, run, actor, payload }) => {
        const evidence = await listEvidence(tenant, run.id);
        refuseUnknownEvidence(payload, new Set(evidence.map(({ id }) => id)));
        refuseStrictFaults(run, payload);
        const patch = await reopen(tenant, run);
        const attempt = patch.attempt ?? run.attempt;
        const root = evidenceRoot(evidence);
        const submission = await insertSubmission(tenant, {
          runId: run.id,
          attempt,
          evidenceRoot: root,
          submittedBy: actor.id,
          body: payload,
        });
        return {
          state: 'submitted',
          patch: { ...patch, evidenceRoot: root, currentSubmissionId: submission.id },
          status: 201,
          result: showSubmitted(submission),
          event: { action: 'submission.made', target: submission.id, afterDigest: submission.outputSha256 },
        };
      }),
  };
}

function refuseUnknownEvidence(payload: Submit, known: ReadonlySet<string>): void {
  const cited = [...payload.declared_evidence, ...payload.claims.flatMap(({ evidence_ids }) => evidence_ids)];
  const unknown = cited.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new Refusal('unknown_evidence', `The submission cites ${unknown}, which this run does not have.`);
}

function refuseStrictFaults({ flightSheet }: Run, { output }: Submit): void {
  const { strict_submission, required_output_schema } = flightSheet;
  if (!strict_submission || !required_output_schema) return;
  const faults = schemaFaults(required_output_schema, output);
  if (faults.length > 0) {
    const errors = faults
      .slice(0, 50)
      .map(({ pointer, message }) => ({ path: `/output${pointer}`, code: 'schema', message }));
    throw new Refusal('schema_violation', 'The output does not fit the schema of the flight sheet.', { errors });
  }
}
