import type { Database } from '../src/db/database.js';
import { listEvidence, attachOnce } from '../src/evidence/store.js';
import { attachPayload } from '../src/evidence/schema.js';
import { showEvidence } from '../src/evidence/view.js';
import { evidenceRoot } from '../src/evidence/manifest.js';
import { staleAudits } from '../src/checks/store.js';
import { voidApprovals } from '../src/approvals/store.js';
import type { Tenant } from '../src/db/database.js';
import { Refusal } from '../src/kernel/refusals.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../src/runs/apply.js';
import { countUsage } from '../src/usage/store.js';
import type { Run, RunPatch } from '../src/runs/store.js';

const CLOCK_SKEW_MS = 5 * 60_000;

export interface EvidenceActivities {
  attachEvidence(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createEvidenceActivities({ database }: { readonly database: Database }): EvidenceActivities {
  return {
    /** Safe to retry: see applyRunCommand; the bytes are in storage already, under the key of their digest. */
    attachEvidence: (ref) =>
      applyRunCommand(database, ref, 'attach_evidence', attachPayload, async ({ tenant, run, actor, payload, now }) => {
        if (payload.captured_at !== undefined && Date.parse(payload.captured_at) > now.getTime() + CLOCK_SKEW_MS) {
          throw new Refusal('captured_in_future', `captured_at is ${payload.captured_at}, later than now.`);
        }
        const { evidence, isNew } = await attachOnce(tenant, run.id, payload, actor.id, now);
        if (!isNew) return { state: run.state, status: 200, result: showEvidence(evidence) };
        await countUsage(tenant, 'evidence_bytes', evidence.size);
        const root = evidenceRoot(await listEvidence(tenant, run.id));
        return {
          state: 'collecting',
          patch: { evidenceRoot: root, ...(await reopen(tenant, run)) },
          status: 201,
          result: showEvidence(evidence),
          event: { action: 'evidence.attached', target: evidence.id, afterDigest: evidence.sha256 },
        };
      }),
  };
}

/** New inputs after a submission begin a new attempt: audits go stale, the verdict and its approvals are void. */
export async function reopen(tenant: Tenant, run: Run): Promise<RunPatch> {
  if (run.state === 'draft' || run.state === 'collecting') return {};
  await staleAudits(tenant, run.id);
  await voidApprovals(tenant, run.id);
  return { attempt: run.attempt + 1, verdict: null, verdictDigest: null, currentSubmissionId: null };
}
