import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import type { ObjectStore } from '../src/adapters/object-store.js';
import type { Tokens } from '../src/auth/tokens.js';
import { isSoleGrader } from '../src/approvals/rules.js';
import { listApprovals, type Approval } from '../src/approvals/store.js';
import { listRevoked } from '../src/approver-keys/store.js';
import { listChecks, listGraders, listLiveAudits, type Check } from '../src/checks/store.js';
import type { Database, Tenant } from '../src/db/database.js';
import { findChanged, tellChanged } from '../src/evidence/integrity.js';
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
import { findRun, type Run } from '../src/runs/store.js';
import { insertFirstShare } from '../src/shares/first-share.js';
import { findSubmission } from '../src/submissions/store.js';
import { beat, requireQuick } from './reading.js';
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
  readonly evidenceObjects: ObjectStore;
}

export function createReceiptActivities(deps: ReceiptDeps): ReceiptActivities {
  const { database, signer, tokens, logId, growth, evidenceObjects } = deps;
  return {
    /**
     * Signs once and keeps the signature, the disclosures and the pending leaf in the transaction that makes the run
     * receipted, once the evidence was found in storage as it was recorded. Safe to retry: see applyRunCommand; a run
     * that has its receipt is handed that one, whatever the command.
     */
    async mint(ref) {
      await requireUnchanged({ database, evidenceObjects }, ref);
      return applyRunCommand(database, ref, 'mint', z.unknown(), async ({ tenant, run, actor, now }) => {
        const decision = run.state === 'rejected' ? 'rejected' : 'approved';
        const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, runKind, {
          subjectId: run.id,
          occasion: occasionOf(run),
          now,
          facts: async () => {
            await requireThawed(tenant, run, now);
            return gather(tenant, run, decision, now);
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
      });
    },

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

/**
 * Reads the evidence of a run that has no receipt yet once more. What changed opens an incident and is refused: nobody
 * signs for bytes that are not there.
 */
async function requireUnchanged(
  { database, evidenceObjects }: Pick<ReceiptDeps, 'database' | 'evidenceObjects'>,
  { orgId, runId }: RunRef,
): Promise<void> {
  const evidence = await database.tenant(orgId, async (tenant) =>
    (await findReceiptOf(tenant, 'run', runId)) ? [] : listEvidence(tenant, runId),
  );
  requireQuick(evidence);
  const changed = await findChanged(evidenceObjects, evidence, beat);
  if (changed.length === 0) return;
  await database.tenant(orgId, async (tenant) => {
    const run = await findRun(tenant, runId);
    if (run) await tellChanged(tenant, run, changed, new Date());
  });
  throw new Refusal('evidence_integrity', `Not as recorded: ${changed.map(({ id }) => id).join(', ')}.`);
}

async function gather(
  tenant: Tenant,
  run: Run,
  decision: RunReceiptFacts['decision'],
  now: Date,
): Promise<RunReceiptFacts> {
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
  const checks = await listChecks(
    tenant,
    audits.map(({ id }) => id),
  );
  const approvals =
    decision === 'approved'
      ? await requireSecondPerson(tenant, decisions, run, submission.submittedBy)
      : requireVeto(decisions);
  if (decision === 'approved') refuseEndedWaivers(checks, now);
  await refuseEndedSignatures(tenant, approvals, now);
  return {
    decision,
    run,
    verdict,
    evidence: await listEvidence(tenant, run.id),
    pins: await listRunPins(tenant, run.id),
    submission,
    audit,
    checks,
    auditKinds: new Map(audits.map(({ id, kind }) => [id, kind])),
    approvals,
    names: new Map((await listMembers(tenant)).map(({ userId, displayName }) => [userId, displayName])),
  };
}

/** The last gate before signing: live approvals of this verdict, by people who neither submitted nor graded it alone. */
async function requireSecondPerson(
  tenant: Tenant,
  decisions: readonly Approval[],
  run: Run,
  submitterId: string,
): Promise<readonly Approval[]> {
  const live = decisions.filter(({ decision }) => decision === 'approved');
  if (live.length === 0) throw new Refusal('not_approved', 'No approval stands on the present verdict.');
  if (run.fourEyes.forbid_submitter && !live.some(({ approverId }) => approverId !== submitterId)) {
    throw new Refusal('separation_of_duties', 'Only the submitter approved this run.');
  }
  const graders = (await listGraders(tenant, [run.id])).get(run.id) ?? [];
  if (live.some(({ approverId }) => isSoleGrader(run.fourEyes, graders, approverId)))
    throw new Refusal('separation_of_duties', 'The only one who graded this run approved it.');
  return live;
}

/** A receipt of a rejection shows who rejected. */
function requireVeto(decisions: readonly Approval[]): readonly Approval[] {
  if (decisions.some(({ decision }) => decision === 'rejected')) return decisions;
  throw new Refusal('not_approved', 'No rejection stands on the present verdict.');
}

/** No receipt rests on a waiver that has ended, even if its timer has not fired yet. */
function refuseEndedWaivers(checks: readonly Check[], now: Date): void {
  const ended = checks.find(
    ({ status, waiver }) => status === 'waived' && !(waiver && isAhead(waiver.expires_at, now)),
  );
  if (ended) throw new Refusal('not_approved', `The waiver of ${ended.ruleId} has ended; decide on the new verdict.`);
}

/** What an approver signed speaks for a time, and only as long as its key does. */
async function refuseEndedSignatures(tenant: Tenant, approvals: readonly Approval[], now: Date): Promise<void> {
  const signed = approvals.flatMap(({ signature }) => (signature ? [signature] : []));
  if (signed.length === 0) return;
  const revoked = await listRevoked(
    tenant,
    signed.map(({ keyId }) => keyId),
  );
  if (revoked.length > 0)
    throw new Refusal('not_approved', `The key ${revoked.join(', ')} was revoked: withdraw the approval, sign again.`);
  if (!signed.every(({ notAfter }) => isAhead(notAfter, now)))
    throw new Refusal('not_approved', 'A signature of an approver has ended: withdraw the approval, sign again.');
}

const isAhead = (time: string, now: Date): boolean => Date.parse(time) > now.getTime();
