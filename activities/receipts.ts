import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import type { Tokens } from '../src/auth/tokens.js';
import { listApprovals, type Approval } from '../src/approvals/store.js';
import { listChecks, listLiveAudits } from '../src/checks/store.js';
import type { Database, Tenant } from '../src/db/database.js';
import { listEvidence } from '../src/evidence/store.js';
import { requireThawed } from '../src/incidents/freeze-store.js';
import { Refusal } from '../src/kernel/refusals.js';
import { findLeafOfReceipt, findPublication } from '../src/ledger/store.js';
import { listRunPins } from '../src/models/pin-store.js';
import { listMembers } from '../src/orgs/store.js';
import { runKind, type RunReceiptFacts } from '../src/receipts/kinds/run.js';
import { mintReceipt } from '../src/receipts/mint.js';
import { occasionOf } from '../src/receipts/rules.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import { findReceiptOf } from '../src/receipts/store.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../src/runs/apply.js';
import type { Run } from '../src/runs/store.js';
import { insertFirstShare } from '../src/shares/first-share.js';
import { findSubmission } from '../src/submissions/store.js';
import type { RunRef } from './runs.js';
import type { Growth } from '../src/db/listen.js';

export interface ReceiptActivities {
  mint(ref: RunCommandRef): Promise<RunSnapshot>;
  awaitInclusion(ref: RunRef): Promise<void>;
}
export interface ReceiptDeps {
  readonly database: Database;
  readonly signer: ReceiptSigner;
  readonly tokens: Tokens;
  readonly logId: string;
  readonly growth: Growth;
}

export function createReceiptActivities({ database, signer, tokens, logId, growth }: ReceiptDeps): ReceiptActivities {
  return {
    /**
     * Signs once and keeps the signature, the disclosures and the pending leaf in the transaction that makes the run
     * receipted. Safe to retry: see applyRunCommand; a run that has its receipt is handed that one, whatever the command.
     */
    mint: (ref) =>
      applyRunCommand(database, ref, 'mint', z.unknown(), async ({ tenant, run, actor, now }) => {
        const decision = run.state === 'rejected' ? 'rejected' : 'approved';
        const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, runKind, {
          subjectId: run.id,
          occasion: occasionOf(run),
          now,
          facts: async () => {
            await requireThawed(tenant, run, now);
            return gather(tenant, run, decision);
          },
        });
        const state = decision === 'rejected' ? run.state : 'receipted';
        if (!isNew) return { state, status: 200, result: { receipt_id: receipt.id } };
        await insertFirstShare(tenant, tokens, { receiptId: receipt.id, createdBy: actor.id });
        return {
          state,
          patch: { receiptId: receipt.id },
          status: 201,
          result: { receipt_id: receipt.id },
          event: { action: 'receipt.minted', target: receipt.id, afterDigest: receipt.paeDigest },
        };
      }),

    /** Waits until the run's leaf stands under a published checkpoint. Safe to retry: it only reads. */
    async awaitInclusion({ orgId, runId }) {
      const receipt = await database.tenant(orgId, (tenant) => findReceiptOf(tenant, 'run', runId));
      if (!receipt) throw new Refusal('not_found', 'No such receipt.');
      await growth.until(async () => {
        const leaf = await findLeafOfReceipt(database.knex, receipt.id);
        if (!leaf) return false;
        return (await findPublication(database.knex, leaf.logId)).publishedSize > leaf.idx;
      }, cancellationSignal());
    },
  };
}

async function gather(tenant: Tenant, run: Run, decision: RunReceiptFacts['decision']): Promise<RunReceiptFacts> {
  const { verdict } = run;
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  const audits = await listLiveAudits(tenant, run.id);
  const audit = audits.find(({ kind }) => kind === 'flight_sheet');
  if (!verdict || !submission || !audit)
    throw new Error(`gather: ${run.id} is ${run.state} without verdict, submission or audit`);
  const decisions = (await listApprovals(tenant, run.id)).filter(
    ({ voidedAt, verdictDigest }) => !voidedAt && verdictDigest === run.verdictDigest,
  );
  return {
    decision,
    run,
    verdict,
    evidence: await listEvidence(tenant, run.id),
    pins: await listRunPins(tenant, run.id),
    submission,
    audit,
    checks: await listChecks(
      tenant,
      audits.map(({ id }) => id),
    ),
    auditKinds: new Map(audits.map(({ id, kind }) => [id, kind])),
    approvals:
      decision === 'approved' ? requireSecondPerson(decisions, run, submission.submittedBy) : requireVeto(decisions),
    names: new Map((await listMembers(tenant)).map(({ userId, displayName }) => [userId, displayName])),
  };
}

/** The last gate before signing: live approvals of this verdict, and one by someone other than the submitter. */
function requireSecondPerson(decisions: readonly Approval[], run: Run, submitterId: string): readonly Approval[] {
  const live = decisions.filter(({ decision }) => decision === 'approved');
  if (live.length === 0) throw new Refusal('not_approved', 'No approval stands on the present verdict.');
  if (run.fourEyes.forbid_submitter && !live.some(({ approverId }) => approverId !== submitterId)) {
    throw new Refusal('separation_of_duties', 'Only the submitter approved this run.');
  }
  return live;
}

/** A receipt of a rejection shows who rejected. */
function requireVeto(decisions: readonly Approval[]): readonly Approval[] {
  if (decisions.some(({ decision }) => decision === 'rejected')) return decisions;
  throw new Refusal('not_approved', 'No rejection stands on the present verdict.');
}
