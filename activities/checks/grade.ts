import { voidApprovals } from '../../src/approvals/store.js';
import { responseFault, statusOfGrades } from '../../src/checks/rules.js';
import { gradePayload, type Grade } from '../../src/checks/schema.js';
import {
  changeCheck,
  completeAudit,
  findAudit,
  findCheck,
  type Check,
  type EarlierGrade,
  type Grading,
} from '../../src/checks/store.js';
import { computeVerdict } from '../../src/checks/verdict.js';
import { showCheck } from '../../src/checks/view.js';
import type { Database, Tenant } from '../../src/db/database.js';
import { listEvidence } from '../../src/evidence/store.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { applyRunCommand, type RunCommandRef, type RunEffect, type RunSnapshot } from '../../src/runs/apply.js';
import type { Run } from '../../src/runs/store.js';
import { findSubmission } from '../../src/submissions/store.js';

export interface GradingActivities {
  gradeCheck(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createGradingActivities({ database }: { readonly database: Database }): GradingActivities {
  return {
    /** Safe to retry: see applyRunCommand; the same grade twice changes nothing. */
    gradeCheck: (ref) =>
      applyRunCommand(database, ref, 'grade_check', gradePayload, async ({ tenant, run, actor, payload, now }) => {
        const check = await requireGradable(tenant, run, payload, actor.id);
        if (sameGrade(check, payload, actor.id)) return { state: run.state, status: 200, result: showCheck(check) };
        const graded = await record(tenant, check, payload, { by: actor.id, at: now.toISOString() });
        return reconsider(tenant, run, graded, now);
      }),
  };
}

/** Writes a grade; the one before it moves to the history, and a waiver falls with the flag it stood on. */
async function record(
  tenant: Tenant,
  check: Check,
  payload: Grade,
  who: { readonly by: string; readonly at: string },
): Promise<Check> {
  const { response, reason = null, evidence_ids: evidenceIds } = payload;
  const own: Grading = { ...who, status: payload.status === 'pass' ? 'pass' : 'flag', response, reason };
  const grades = [...check.grades.filter(({ by }) => by !== who.by), own];
  const needed = check.rule.kind === 'auto' ? 1 : (check.rule.graders?.min ?? 1);
  const status = statusOfGrades(grades, needed, check.engineStatus);
  const waiting = status === 'open' ? `${String(grades.length)} of ${String(needed)} people have answered.` : undefined;
  return changeCheck(
    tenant,
    check,
    {
      status,
      response: { value: response },
      gradeReason: reason,
      evidenceIds,
      gradedBy: who.by,
      detail: waiting ?? reason ?? 'Graded by a person.',
      grades,
      waiver: null,
      previous: check.gradedBy === null ? check.previous : [...check.previous, earlier(check)],
    },
    { graded: true },
  );
}

const earlier = (check: Check): EarlierGrade => ({
  status: check.status,
  response: check.response?.value ?? null,
  graded_by: check.gradedBy,
  graded_at: check.gradedAt?.toISOString() ?? null,
});

/** After a grade the verdict is computed again; approvals of the one before are void. */
async function reconsider(tenant: Tenant, run: Run, graded: Check, now: Date): Promise<RunEffect> {
  const { verdict, digest, checks, waiverUntil } = await computeVerdict(tenant, run, now);
  const open = checks.some(({ status }) => status === 'open');
  if (!open) await completeAudit(tenant, graded.auditId);
  if (run.state === 'audited') await voidApprovals(tenant, run.id);
  return {
    state: open ? 'in_review' : 'audited',
    patch: open
      ? { verdict: null, verdictDigest: null, waiverUntil }
      : { verdict: { ...verdict, digest }, verdictDigest: digest, waiverUntil },
    status: 200,
    result: showCheck(graded),
    event: { action: 'check.graded', target: graded.id },
  };
}

/** A check of this run that belongs to an audit of its present inputs. */
export async function requireLiveCheck(tenant: Tenant, run: Run, checkId: string): Promise<Check> {
  const check = await findCheck(tenant, run.id, checkId);
  if (!check) throw new Refusal('not_found', 'No such check.');
  const audit = await findAudit(tenant, check.auditId);
  if (audit?.state === 'stale') throw new Refusal('audit_stale', 'This check belongs to an audit of earlier inputs.');
  return check;
}

async function requireGradable(tenant: Tenant, run: Run, grade: Grade, graderId: string): Promise<Check> {
  const check = await requireLiveCheck(tenant, run, grade.check_id);
  const { rule } = check;
  if (rule.kind === 'auto') throw new Refusal('auto_rule', `${check.ruleId} is graded by the engine.`);
  if (check.status === 'skip') throw new Refusal('auto_rule', `${check.ruleId} does not apply to this run.`);
  if (grade.if_version !== null && grade.if_version !== check.version) {
    throw new Refusal('precondition_failed', `The check is at version ${String(check.version)}.`);
  }
  if (grade.status !== 'pass' && grade.status !== 'flag')
    throw new Refusal('invalid_grade', `A person grades pass or flag, not ${grade.status}.`);
  if (grade.status === 'pass' && check.engineStatus !== null && check.engineStatus !== 'pass')
    throw new Refusal('auto_rule', `The engine flagged ${check.ruleId}: ${check.detail}`);
  const fault = responseFault(rule.response, grade.response);
  if (fault !== undefined) {
    throw new Refusal('invalid_grade', `The response ${fault}.`, {
      errors: [{ path: '/response', code: 'out_of_range', message: fault }],
    });
  }
  await requireCited(tenant, run, grade, rule.evidence_required ?? []);
  if (rule.forbid_submitter) await refuseSubmitter(tenant, run, graderId);
  return check;
}

async function requireCited(tenant: Tenant, run: Run, grade: Grade, kinds: readonly string[]): Promise<void> {
  const evidence = await listEvidence(tenant, run.id);
  const known = new Map(evidence.map(({ id, kind }) => [id, kind]));
  const unknown = grade.evidence_ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new Refusal('unknown_evidence', `The grade cites ${unknown}, which this run does not have.`);
  const cited = new Set<string | undefined>(grade.evidence_ids.map((id) => known.get(id)));
  const missing = kinds.filter((kind) => !cited.has(kind));
  if (missing.length === 0) return;
  throw new Refusal('invalid_grade', `The grade must cite evidence of kind ${missing.join(', ')}.`, {
    errors: [{ path: '/evidence_ids', code: 'evidence_required', message: `must cite ${missing.join(', ')}` }],
  });
}

async function refuseSubmitter(tenant: Tenant, run: Run, graderId: string): Promise<void> {
  if (run.currentSubmissionId === null) return;
  const submission = await findSubmission(tenant, run.currentSubmissionId);
  if (submission?.submittedBy === graderId) {
    throw new Refusal('separation_of_duties', 'You submitted this run, so another person answers this rule.');
  }
}

function sameGrade(check: Check, grade: Grade, graderId: string): boolean {
  const own = check.grades.find(({ by }) => by === graderId);
  return own?.status === grade.status && own.response === grade.response && own.reason === (grade.reason ?? null);
}
