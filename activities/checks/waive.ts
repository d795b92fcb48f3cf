import { voidApprovals } from '../../src/approvals/store.js';
import { waiverFault, waiversNeeded } from '../../src/checks/rules.js';
import { waivePayload, type Waive } from '../../src/checks/schema.js';
import { changeCheck, listChecks, listLiveAudits, type Check, type Waiver } from '../../src/checks/store.js';
import { computeVerdict } from '../../src/checks/verdict.js';
import { showCheck } from '../../src/checks/view.js';
import type { Database, Tenant } from '../../src/db/database.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { applyRunCommand, type RunCommandRef, type RunEffect, type RunSnapshot } from '../../src/runs/apply.js';
import type { Run, RunPatch } from '../../src/runs/store.js';
import type { RunState } from '../../src/runs/rules.js';
import { findSubmission } from '../../src/submissions/store.js';
import { requireLiveCheck } from './grade.js';

export interface WaiverActivities {
  waive(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createWaiverActivities({ database }: { readonly database: Database }): WaiverActivities {
  return {
    /** Safe to retry: see applyRunCommand; the same person accepting the same flag again changes nothing. */
    waive: (ref) =>
      applyRunCommand(database, ref, 'waive', waivePayload, async ({ tenant, run, actor, payload, now }) => {
        const check = await requireLiveCheck(tenant, run, payload.check_id);
        if (check.waiver?.accepted.some(({ by }) => by === actor.id))
          return { state: run.state, status: 200, result: showCheck(check) };
        refuseFault(check, payload, now);
        await refuseSubmitter(tenant, run, actor.id);
        const waiver = accept(check, payload, actor.id, now);
        const isWhole = waiver.accepted.length >= waiver.needed;
        const change = { waiver, ...(isWhole ? { status: 'waived' as const } : {}) };
        const waived = await changeCheck(tenant, check, change, { graded: false });
        return settle(tenant, run, waived, now);
      }),
  };
}

function refuseFault(check: Check, payload: Waive, now: Date): void {
  const fault = waiverFault({
    status: check.status,
    killer: check.rule.killer ?? false,
    reason: payload.reason,
    expiresAt: Date.parse(payload.expires_at),
    now: now.getTime(),
  });
  if (fault) throw new Refusal(fault.code, fault.message);
}

async function refuseSubmitter(tenant: Tenant, run: Run, personId: string): Promise<void> {
  if (!run.fourEyes.forbid_submitter || run.currentSubmissionId === null) return;
  const submission = await findSubmission(tenant, run.currentSubmissionId);
  if (submission?.submittedBy === personId)
    throw new Refusal('separation_of_duties', 'You submitted this run, so another person accepts its flags.');
}

/** Adds one person's acceptance; the earliest end they gave counts. */
function accept(check: Check, { reason, expires_at }: Waive, by: string, now: Date): Waiver {
  const earlier = check.waiver;
  const end = Math.min(Date.parse(expires_at), earlier ? Date.parse(earlier.expires_at) : Number.MAX_SAFE_INTEGER);
  return {
    accepted: [...(earlier?.accepted ?? []), { by, reason: reason.trim(), at: now.toISOString() }],
    needed: waiversNeeded(check.severity),
    expires_at: new Date(end).toISOString(),
  };
}

async function settle(tenant: Tenant, run: Run, check: Check, now: Date): Promise<RunEffect> {
  const { state, patch } = await afterWaivers(tenant, run, now);
  return { state, patch, status: 200, result: showCheck(check), event: { action: 'check.waived', target: check.id } };
}

/** Computes the verdict over waivers as they stand; another verdict voids the approvals of the one before. */
async function afterWaivers(
  tenant: Tenant,
  run: Run,
  now: Date,
): Promise<{ readonly state: RunState; readonly patch: RunPatch }> {
  const { verdict, digest, waiverUntil } = await computeVerdict(tenant, run, now);
  if (run.verdictDigest === null || run.verdictDigest === digest) return { state: run.state, patch: { waiverUntil } };
  await voidApprovals(tenant, run.id);
  const state = run.state === 'approved' || run.state === 'escalated' ? 'audited' : run.state;
  return { state, patch: { verdict: { ...verdict, digest }, verdictDigest: digest, waiverUntil } };
}

/** Turns the waivers that have ended back into flags. Safe to repeat: it looks at what stands now. */
export async function endWaivers(
  tenant: Tenant,
  run: Run,
  now: Date,
): Promise<{ readonly state: RunState; readonly patch: RunPatch; readonly ended: readonly Check[] }> {
  const audits = await listLiveAudits(tenant, run.id);
  const checks = await listChecks(
    tenant,
    audits.map(({ id }) => id),
  );
  const ended: Check[] = [];
  for (const check of checks) {
    if (check.status !== 'waived' || !check.waiver || Date.parse(check.waiver.expires_at) > now.getTime()) continue;
    const previous = [...check.previous, { status: 'waived', response: null, graded_by: null, graded_at: null }];
    ended.push(await changeCheck(tenant, check, { status: 'flag', waiver: null, previous }, { graded: false }));
  }
  return { ...(await afterWaivers(tenant, run, now)), ended };
}
