import { cancellationSignal } from '@temporalio/activity';
import { z } from 'zod';
import type { Tokens } from '../src/auth/tokens.js';
import { listApprovals, type Approval } from '../src/approvals/store.js';
import { listChecks, listLiveAudits } from '../src/checks/store.js';
import type { Database, Tenant } from '../src/db/database.js';
import { newId } from '../src/db/new-id.js';
import { listEvidence } from '../src/evidence/store.js';
import { canonicalJson } from '../src/kernel/canonical-json.js';
import { Refusal } from '../src/kernel/refusals.js';
import { findHead, findLeafOfReceipt, findPublication, queueLeaf } from '../src/ledger/store.js';
import { findOrg, listMembers } from '../src/orgs/store.js';
import { createCommitments } from '../src/receipts/disclosures.js';
import type { ReceiptSigner } from '../src/receipts/sign.js';
import { runStatement, type RunReceiptFacts } from '../src/receipts/statement.js';
import { findReceiptOf, insertReceipt, lockSequence } from '../src/receipts/store.js';
import { applyRunCommand, type RunCommandRef, type RunSnapshot } from '../src/runs/apply.js';
import type { Run } from '../src/runs/store.js';
import { insertShare } from '../src/shares/store.js';
import { countUsage } from '../src/usage/store.js';
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
        const sequence = await lockSequence(tenant);
        const existing = await findReceiptOf(tenant, 'run', run.id);
        if (existing) return { state: run.state, status: 200, result: { receipt_id: existing.id } };
        const head = await findHead(tenant.trx, logId);
        if (head?.pausedReason !== null) throw new Refusal('ledger_paused', 'The ledger takes no new entries now.');
        const receiptId = newId('receipt');
        const commitments = createCommitments();
        const facts = await gather(tenant, run, {
          receiptId,
          issuedAt: now.toISOString(),
          sequence: { seq: sequence.seq + 1, prev: sequence.digest },
        });
        const signed = signer.sign(Buffer.from(canonicalJson(runStatement(facts, commitments))));
        const { keyId } = signer;
        await insertReceipt(tenant, {
          id: receiptId,
          kind: 'run',
          subjectId: run.id,
          seq: sequence.seq + 1,
          prev: sequence.digest,
          keyId,
          issuedAt: now,
          signed,
          disclosures: commitments.all,
        });
        const shareId = newId('share');
        await insertShare(tenant, {
          id: shareId,
          receiptId,
          tokenHash: tokens.hash(tokens.issue('share', shareId)),
          profile: 'standard',
          createdBy: actor.id,
        });
        await countUsage(tenant, 'receipts');
        await queueLeaf(tenant.trx, logId, { entry: signed.entry, receiptId, kind: 'run', orgAlias: facts.org.alias });
        return {
          state: 'receipted',
          patch: { receiptId },
          status: 201,
          result: { receipt_id: receiptId },
          event: { action: 'receipt.minted', target: receiptId, afterDigest: signed.paeDigest },
        };
      }),

    /** Waits until the run's leaf stands under a published checkpoint. Safe to retry: it only reads. */
    async awaitInclusion({ orgId, runId }) {
      const receipt = await database.tenant(orgId, (tenant) => findReceiptOf(tenant, 'run', runId));
      if (!receipt) throw new Refusal('not_found', 'No such receipt.');
      await growth.until(async () => {
        const leaf = await findLeafOfReceipt(database.knex, receipt.id);
        if (!leaf) return false;
        return (await findPublication(database.knex, logId)).publishedSize > leaf.idx;
      }, cancellationSignal());
    },
  };
}

async function gather(
  tenant: Tenant,
  run: Run,
  receipt: Pick<RunReceiptFacts, 'receiptId' | 'issuedAt' | 'sequence'>,
): Promise<RunReceiptFacts> {
  const { verdict } = run;
  const submission =
    run.currentSubmissionId === null ? undefined : await findSubmission(tenant, run.currentSubmissionId);
  const audits = await listLiveAudits(tenant, run.id);
  const audit = audits.find(({ kind }) => kind === 'flight_sheet');
  if (!verdict || !submission || !audit)
    throw new Error(`gather: ${run.id} is ${run.state} without verdict, submission or audit`);
  const approvals = requireSecondPerson(await listApprovals(tenant, run.id), run, submission.submittedBy);
  const names = new Map((await listMembers(tenant)).map(({ userId, displayName }) => [userId, displayName]));
  return {
    ...receipt,
    org: await findOrg(tenant),
    run,
    verdict,
    evidence: await listEvidence(tenant, run.id),
    submission,
    audit,
    checks: await listChecks(
      tenant,
      audits.map(({ id }) => id),
    ),
    approvals,
    names,
  };
}

/** The last gate before signing: live approvals of this verdict, and one by someone other than the submitter. */
function requireSecondPerson(approvals: readonly Approval[], run: Run, submitterId: string): readonly Approval[] {
  const live = approvals.filter(
    ({ voidedAt, decision, verdictDigest }) =>
      !voidedAt && decision === 'approved' && verdictDigest === run.verdictDigest,
  );
  if (live.length === 0) throw new Refusal('not_approved', 'No approval stands on the present verdict.');
  if (run.fourEyes.forbid_submitter && !live.some(({ approverId }) => approverId !== submitterId)) {
    throw new Refusal('separation_of_duties', 'Only the submitter approved this run.');
  }
  return live;
}
