import type { z } from 'zod';
import type { OrgActor } from '../auth/actor.js';
import { listApprovals } from '../approvals/store.js';
import { showApproval } from '../approvals/view.js';
import type { Tokens } from '../auth/tokens.js';
import { listAudits, listChecks } from '../checks/store.js';
import { showAudit } from '../checks/view.js';
import { listCookIds } from '../cooks/store.js';
import { listRunEvents } from '../audit-log/store.js';
import type { Tenant } from '../db/database.js';
import { listEvidence } from '../evidence/store.js';
import { showEvidence } from '../evidence/view.js';
import { freezes, isOpen } from '../incidents/rules.js';
import { listIncidentsOf } from '../incidents/store.js';
import { Refusal } from '../kernel/refusals.js';
import { findReceipt } from '../receipts/store.js';
import { findFirstShare } from '../shares/store.js';
import { findSubmission } from '../submissions/store.js';
import { showSubmission } from '../submissions/view.js';
import { mayRecord } from './policy.js';
import type { runDetailView } from './schema.js';
import { findRun, type Run } from './store.js';
import { showActions, showRunSummary } from './view.js';

export interface DetailPlace {
  readonly tokens: Tokens;
  readonly publicUrl: string;
}

/** The whole run as its organization sees it, read in one transaction. */
export async function readRunDetail(
  tenant: Tenant,
  runId: string,
  actor: OrgActor,
  place: DetailPlace,
): Promise<z.input<typeof runDetailView>> {
  const run = await findRun(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  const audits = await listAudits(tenant, runId);
  const checks = await listChecks(
    tenant,
    audits.map(({ id }) => id),
  );
  const incidents = await listIncidentsOf(tenant, run);
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  return {
    ...showRunSummary(run),
    assignment: run.assignment,
    inputs: run.inputs,
    four_eyes: run.fourEyes,
    evidence_root: run.evidenceRoot,
    evidence: (await listEvidence(tenant, runId)).map(showEvidence),
    submission: submission ? showSubmission(submission) : null,
    audits: audits.map((audit) => showAudit(audit, checks, audit.state === 'stale' ? null : run.verdict)),
    approvals: (await listApprovals(tenant, runId)).map(showApproval),
    receipt: await readReceipt(tenant, run, place),
    cooks: [...(await listCookIds(tenant, runId))],
    agent_profile:
      run.agentProfileId === null || run.agentSnapshotDigest === null
        ? null
        : { id: run.agentProfileId, digest: run.agentSnapshotDigest },
    incidents: incidents.map(({ id }) => id),
    incidents_open: incidents.filter(({ state }) => isOpen(state)).length,
    frozen: incidents.some(({ state, severity }) => freezes(state, severity)),
    timeline: (await listRunEvents(tenant, runId)).map(({ at, actor: by, action, target }) => ({
      at: at.toISOString(),
      actor: by.id,
      action,
      target,
    })),
    actions: showActions(run, mayRecord(actor)),
  };
}

async function readReceipt(
  tenant: Tenant,
  run: Run,
  { tokens, publicUrl }: DetailPlace,
): Promise<z.input<typeof runDetailView>['receipt']> {
  if (run.receiptId === null) return null;
  const receipt = await findReceipt(tenant, run.receiptId);
  const share = await findFirstShare(tenant, run.receiptId);
  if (!receipt || !share) throw new Error(`readReceipt: ${run.id} names a receipt that is not there`);
  return {
    id: receipt.id,
    issued_at: receipt.issuedAt.toISOString(),
    share_url: `${publicUrl}/share/${tokens.issue('share', share.id)}`,
  };
}
