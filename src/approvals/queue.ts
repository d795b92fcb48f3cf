import type { z } from 'zod';
import type { OrgActor } from '../auth/actor.js';
import { listGraders } from '../checks/store.js';
import type { Tenant } from '../db/database.js';
import { cutPage, type PageQuery } from '../http/paging.js';
import { listApprovers } from '../orgs/store.js';
import { REQUEST_DAYS } from '../runs/rules.js';
import { listAwaitingApproval, type Run } from '../runs/store.js';
import { findSubmission } from '../submissions/store.js';
import { approvalsOf, isSoleGrader } from './rules.js';
import type { queueView } from './schema.js';
import { listStandingApprovals, type Approval } from './store.js';

const DAY_MS = 86_400_000;

/** What waits for an approval in an organization, and what keeps this caller from giving it. */
export async function readQueue(tenant: Tenant, actor: OrgActor, page: PageQuery): Promise<z.input<typeof queueView>> {
  const { shown, nextCursor } = cutPage(await listAwaitingApproval(tenant, page), page.limit);
  const standing = await listStandingApprovals(
    tenant,
    shown.map(({ id }) => id),
  );
  const approvers = await listApprovers(tenant);
  const graders = await listGraders(
    tenant,
    shown.map(({ id }) => id),
  );
  const data: z.input<typeof queueView>['data'] = [];
  for (const run of shown) {
    const own = standing.filter(({ runId, verdictDigest }) => runId === run.id && verdictDigest === run.verdictDigest);
    data.push(
      show(
        run,
        own,
        approvers,
        await whyNot(tenant, run, { standing: own, graders: graders.get(run.id) ?? [] }, actor),
      ),
    );
  }
  return { data, next_cursor: nextCursor };
}

async function whyNot(
  tenant: Tenant,
  run: Run,
  { standing, graders }: { readonly standing: readonly Approval[]; readonly graders: readonly string[] },
  actor: OrgActor,
): Promise<string | null> {
  if (!actor.approver || actor.role === 'viewer') return 'Your role does not decide.';
  if (standing.some(({ approverId, decision }) => approverId === actor.userId && decision !== 'abstained'))
    return 'You decided on this verdict.';
  const escalation = standing.findLast(({ decision }) => decision === 'escalated');
  if (escalation && actor.role !== 'owner' && escalation.escalateTo !== actor.userId)
    return 'It was escalated: an owner or the person named decides.';
  if (run.fourEyes.forbid_grader && graders.includes(actor.userId)) return 'You graded this run.';
  if (isSoleGrader(run.fourEyes, graders, actor.userId)) return 'You alone graded this run; you may still reject it.';
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  if (run.fourEyes.forbid_submitter && submission?.submittedBy === actor.userId) return 'You submitted this run.';
  return null;
}

function show(
  run: Run,
  standing: readonly Approval[],
  approvers: readonly string[],
  because: string | null,
): z.input<typeof queueView>['data'][number] {
  return {
    run_id: run.id,
    title: run.title,
    run_state: run.state === 'escalated' ? 'escalated' : 'audited',
    verdict: { outcome: run.verdict?.outcome ?? 'grounded', digest: run.verdictDigest ?? '' },
    required_approvals: run.fourEyes.required_approvals,
    approvals: approvalsOf(standing, approvers),
    escalated_to: standing.findLast(({ decision }) => decision === 'escalated')?.escalateTo ?? null,
    requested_at: run.updatedAt.toISOString(),
    expires_at: new Date(run.updatedAt.getTime() + REQUEST_DAYS * DAY_MS).toISOString(),
    may_decide: because === null,
    because,
  };
}
