import { voidApprovals } from '../../src/approvals/store.js';
import { responseFault } from '../../src/checks/rules.js';
import { gradePayload, type Grade } from '../../src/checks/schema.js';
import { completeAudit, computeVerdict, findAudit, findCheck, gradeCheck, type Check } from '../../src/checks/store.js';
import { showCheck } from '../../src/checks/view.js';
import type { Database, Tenant } from '../../src/db/database.js';
import { listEvidence } from '../../src/evidence/store.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../../src/runs/apply.js';
import type { Run } from '../../src/runs/store.js';
import { findSubmission } from '../../src/submissions/store.js';

export interface GradingActivities {
  gradeCheck(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createGradingActivities({ database }: { readonly database: Database }): GradingActivities {
  return {
    /** Safe to retry: see applyRunCommand; the same grade twice changes nothing. */
    gradeCheck: (ref) =>
      applyRunCommand(database, ref, 'grade_check', gradePayload, async ({ tenant, run, actor, payload }) => {
        const check = await requireGradable(tenant, run, payload, actor.id);
        const { response, reason = null, evidence_ids: evidenceIds } = payload;
        if (sameGrade(check, payload, actor.id)) return { state: run.state, status: 200, result: showCheck(check) };
        const status = payload.status === 'pass' ? 'pass' : 'flag';
        const graded = await gradeCheck(tenant, check, { status, response, reason, evidenceIds, gradedBy: actor.id });
        const { verdict, digest, checks } = await computeVerdict(tenant, run.id);
        const open = checks.some((one) => one.status === 'open');
        if (!open) await completeAudit(tenant, check.auditId);
        if (run.state === 'audited') await voidApprovals(tenant, run.id);
        return {
          state: open ? 'in_review' : 'audited',
          patch: open ? {} : { verdict: { ...verdict, digest }, verdictDigest: digest },
          status: 200,
          result: showCheck(graded),
          event: { action: 'check.graded', target: check.id },
        };
      }),
  };
}

async function requireGradable(tenant: Tenant, run: Run, grade: Grade, graderId: string): Promise<Check> {
  const check = await findCheck(tenant, run.id, grade.check_id);
  if (!check) throw new Refusal('not_found', 'No such check.');
  const audit = await findAudit(tenant, check.auditId);
  if (audit?.state === 'stale') throw new Refusal('audit_stale', 'This check belongs to an audit of earlier inputs.');
  if (check.rule.kind !== 'human') throw new Refusal('auto_rule', `${check.ruleId} is graded by the engine.`);
  if (grade.if_version !== null && grade.if_version !== check.version) {
    throw new Refusal('precondition_failed', `The check is at version ${String(check.version)}.`);
  }
  const fault = responseFault(check.rule.response, grade.response);
  if (grade.status !== 'pass' && grade.status !== 'flag')
    throw new Refusal('invalid_grade', `A person grades pass or flag, not ${grade.status}.`);
  if (fault !== undefined) {
    throw new Refusal('invalid_grade', `The response ${fault}.`, {
      errors: [{ path: '/response', code: 'out_of_range', message: fault }],
    });
  }
  const known = new Set((await listEvidence(tenant, run.id)).map(({ id }) => id));
  const unknown = grade.evidence_ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new Refusal('unknown_evidence', `The grade cites ${unknown}, which this run does not have.`);
  await refuseSubmitter(tenant, run, check, graderId);
  return check;
}

async function refuseSubmitter(tenant: Tenant, run: Run, check: Check, graderId: string): Promise<void> {
  if (check.rule.kind !== 'human' || !check.rule.forbid_submitter || run.currentSubmissionId === null) return;
  const submission = await findSubmission(tenant, run.currentSubmissionId);
  if (submission?.submittedBy === graderId) {
    throw new Refusal('separation_of_duties', 'You submitted this run, so another person answers this rule.');
  }
}

function sameGrade(check: Check, grade: Grade, graderId: string): boolean {
  return (
    check.gradedBy === graderId &&
    check.status === grade.status &&
    check.response?.value === grade.response &&
    check.gradeReason === (grade.reason ?? null)
  );
}
