import { afterWithdrawal, approvalsOf, decide, type DecisionCase } from '../src/approvals/rules.js';
import { decidePayload, withdrawPayload, type Decide } from '../src/approvals/schema.js';
import { acceptSignature } from '../src/approvals/signature.js';
import {
  insertApproval,
  listApprovals,
  voidApproval,
  type Approval,
  type ApprovalSignature,
} from '../src/approvals/store.js';
import { showApproval } from '../src/approvals/view.js';
import { listGraders } from '../src/checks/store.js';
import type { CommandActor } from '../src/commands/store.js';
import type { Database, Tenant } from '../src/db/database.js';
import { Refusal } from '../src/kernel/refusals.js';
import { listApprovers } from '../src/orgs/store.js';
import { occasionOf } from '../src/receipts/rules.js';
import { findReceiptFor } from '../src/receipts/store.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../src/runs/apply.js';
import type { Run, StoredVerdict } from '../src/runs/store.js';
import { findSubmission } from '../src/submissions/store.js';

export interface ApprovalActivities {
  decide(ref: RunCommandRef): Promise<RunSnapshot>;
  withdraw(ref: RunCommandRef): Promise<RunSnapshot>;
}

export function createApprovalActivities({ database }: { readonly database: Database }): ApprovalActivities {
  return {
    /** Safe to retry: see applyRunCommand; a unique index keeps one live decision per person and verdict. */
    decide: (ref) =>
      applyRunCommand(database, ref, 'decide', decidePayload, async ({ tenant, run, actor, payload }) => {
        const { verdict } = run;
        if (!verdict) throw new Refusal('not_audited', 'The run has no verdict yet.');
        requirePayload(payload, verdict);
        const live = (await listApprovals(tenant, run.id)).filter(
          ({ voidedAt, verdictDigest }) => !voidedAt && verdictDigest === verdict.digest,
        );
        const own = live.find(({ approverId }) => approverId === actor.id);
        if (own?.decision === payload.decision && payload.signature && !own.signature)
          throw new Refusal('already_decided', 'You decided so without a signature: take it back, then sign.');
        if (own?.decision === payload.decision)
          return { state: run.state, status: 200, result: { approval: showApproval(own), run_state: run.state } };
        if (run.state === 'approved' || (own && own.decision !== 'abstained' && run.state !== 'escalated')) {
          throw new Refusal('already_decided', `This verdict was decided: the run is ${run.state}.`, {
            current_state: run.state,
          });
        }
        const outcome = decide(await caseOf(tenant, run, { actor, payload, live, verdict }));
        if (!outcome.ok) throw new Refusal(outcome.because, outcome.message, { current_state: run.state });
        const signature = await signatureOf(tenant, run, actor, payload);
        if (own) await voidApproval(tenant, own.id, 'replaced');
        const approval = await insertApproval(tenant, { ...toApproval(run, actor, payload, verdict), signature });
        return {
          state: outcome.next,
          status: 200,
          result: { approval: showApproval(approval), run_state: outcome.next },
          event: { action: `run.${payload.decision}`, target: approval.id, afterDigest: verdict.digest },
        };
      }),

    /** Safe to retry: see applyRunCommand; a decision that is void already is answered as it is. */
    withdraw: (ref) =>
      applyRunCommand(database, ref, 'withdraw', withdrawPayload, async ({ tenant, run, actor, payload }) => {
        const all = await listApprovals(tenant, run.id);
        const own = all.find(({ id }) => id === payload.approval_id);
        if (!own) throw new Refusal('not_found', 'No such approval.');
        if (own.approverId !== actor.id)
          throw new Refusal('separation_of_duties', 'Only the person who decided takes the decision back.');
        if (own.voidedAt) {
          const result = { approval: showApproval(own), run_state: run.state };
          return { state: run.state, status: 200, result };
        }
        if (await findReceiptFor(tenant, { kind: 'run', subjectId: run.id, occasion: occasionOf(run) }))
          throw new Refusal('invalid_transition', 'The decision has its receipt; nobody takes it back now.');
        const withdrawn = await voidApproval(tenant, own.id, 'withdrawn');
        const remaining = all.filter(({ id, voidedAt }) => voidedAt === null && id !== own.id);
        const state = own.decision === 'abstained' ? run.state : afterWithdrawal(remaining);
        return {
          state,
          status: 200,
          result: { approval: showApproval(withdrawn), run_state: state },
          event: { action: 'approval.withdrawn', target: own.id },
        };
      }),
  };
}

function requirePayload(payload: Decide, verdict: StoredVerdict): void {
  if (payload.verdict_digest !== undefined && payload.verdict_digest !== verdict.digest) {
    throw new Refusal('verdict_changed', `The verdict is now ${verdict.digest}.`);
  }
  if (payload.decision !== 'approved' && (payload.note ?? '').trim() === '') {
    throw new Refusal('note_required', `A run is ${payload.decision} with a reason.`);
  }
}

async function caseOf(
  tenant: Tenant,
  run: Run,
  given: { actor: CommandActor; payload: Decide; live: readonly Approval[]; verdict: StoredVerdict },
): Promise<DecisionCase> {
  const { actor, payload, live, verdict } = given;
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  if (!submission) throw new Error(`caseOf: ${run.id} is ${run.state} without a submission`);
  const approvers = await listApprovers(tenant);
  if (payload.escalate_to !== undefined && !approvers.includes(payload.escalate_to)) {
    throw new Refusal('unknown_person', `${payload.escalate_to} is not a member who may approve.`);
  }
  return {
    decision: payload.decision,
    verdict: verdict.outcome,
    state: run.state === 'escalated' ? 'escalated' : 'audited',
    quorum: run.fourEyes,
    approver: { id: actor.id, isOwner: actor.role === 'owner' },
    submitterId: submission.submittedBy,
    graderIds: (await listGraders(tenant, [run.id])).get(run.id) ?? [],
    escalatedTo: live.findLast(({ decision }) => decision === 'escalated')?.escalateTo ?? null,
    // Of people who may still approve: the approval of a removed member counts no more.
    earlierApprovals: approvalsOf(
      live.filter(({ approverId }) => approverId !== actor.id),
      approvers,
    ),
  };
}

async function signatureOf(
  tenant: Tenant,
  run: Run,
  actor: CommandActor,
  { decision, signature }: Decide,
): Promise<ApprovalSignature | null> {
  if (!signature) return null;
  const about = { runId: run.id, userId: actor.id, decision, verdictDigest: run.verdictDigest ?? '' };
  return acceptSignature(tenant, signature, about);
}

function toApproval(
  run: Run,
  actor: CommandActor,
  payload: Decide,
  verdict: StoredVerdict,
): Omit<Parameters<typeof insertApproval>[1], 'signature'> {
  return {
    id: payload.approval_id,
    runId: run.id,
    verdictDigest: verdict.digest,
    decision: payload.decision,
    note: payload.note ?? null,
    conditions: payload.conditions,
    escalateTo: payload.escalate_to ?? null,
    approverId: actor.id,
    approverRole: actor.role,
    authMethod: 'magic_link',
    authTime: new Date(actor.authTime),
  };
}
