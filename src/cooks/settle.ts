import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { recordEvent } from '../audit-log/store.js';
import type { CommandActor } from '../commands/store.js';
import { listAttemptLog } from '../cook-logs/store.js';
import type { Database, Tenant } from '../db/database.js';
import { cookKind, type CookReceiptFacts } from '../receipts/kinds/cook.js';
import { mintReceipt, type MintDeps } from '../receipts/mint.js';
import { insertFirstShare } from '../shares/first-share.js';
import type { Tokens } from '../auth/tokens.js';
import { loseAttempt, type CookTimes } from '../runners/lease.js';
import { raise } from './alarm.js';
import { requireCook, snapshotOf, type CookSnapshot } from './apply.js';
import { liftOf } from './lift.js';
import { notifyRequester } from './notify.js';
import { finalState, isOver, overdueOf, type Ending, type Overdue } from './rules.js';
import { costOf, gatherReceiptFacts, type Prepared } from './receipt-facts.js';
import { findAttempt } from '../cook-attempts/store.js';
import { findCook, patchCook, tellCook, type Cook, type Failure } from './store.js';

const inflate = promisify(gunzip);
const WORKFLOW: CommandActor = {
  kind: 'system',
  id: 'cook-execution',
  role: 'system',
  approver: false,
  authTime: '',
  requestId: 'cook-execution',
};

export interface SettleDeps extends MintDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly cookTimes: CookTimes;
}

/**
 * Gives a cook its one end, from what Postgres has: the report that was accepted first, or else how the waiting ended.
 * The lift is computed here from what was measured per item, and a completed cook gets its receipt in the same
 * transaction. Safe to retry: a cook that is over is left as it is.
 */
export async function settle(
  deps: SettleDeps,
  { orgId, cookId, ending }: { readonly orgId: string; readonly cookId: string; readonly ending: Ending },
): Promise<CookSnapshot> {
  const prepared = await deps.database.tenant(orgId, (tenant) => prepare(tenant, cookId));
  return deps.database.tenant(orgId, async (tenant) => {
    const cook = await requireCook(tenant, cookId);
    if (isOver(cook.state)) return snapshotOf(cook);
    const accepted = cook.outcomeAttemptId === null ? undefined : await findAttempt(tenant, cook.outcomeAttemptId);
    if (accepted && accepted.id !== prepared?.attempt.id)
      throw new Error(`settle: the outcome of ${cookId} was accepted meanwhile; the retry reads it`);
    if (!accepted && cook.currentAttemptId !== null) await loseAttempt(tenant, cookId, cook.currentAttemptId);
    const now = new Date();
    const overdue = overdueOf(cook, deps.cookTimes.queueSeconds, now);
    const standing = { cancelRequested: cook.cancelRequestedAt !== null, attempts: cook.attempt, overdue };
    const state = finalState({ accepted: accepted?.outcome?.kind, ...standing }, ending);
    const failure = state === 'completed' || state === 'cancelled' ? null : failureOf(cook, ending, overdue);
    let over = await patchCook(tenant, cookId, {
      state,
      finishedAt: now,
      failure,
      lift: state === 'completed' && prepared ? prepared.lift : null,
    });
    if (state === 'completed' && prepared) over = await seal(tenant, deps, over, prepared);
    await tellPeople(tenant, over, now);
    if (prepared) await tellSpending(tenant, over, prepared, now);
    await tellCook(tenant, cookId, { kind: state, data: { ending: ending.kind } });
    await recordEvent(tenant, { actor: WORKFLOW, action: `cook.${state}`, target: cookId, runId: cook.runId });
    return snapshotOf(over);
  });
}

/** Mints the receipt of a completed cook, with a share, in the transaction that completes it. */
async function seal(
  tenant: Tenant,
  { signer, logId, tokens }: SettleDeps,
  cook: Cook,
  prepared: Prepared,
): Promise<Cook> {
  const now = cook.finishedAt ?? new Date();
  const facts = (): Promise<CookReceiptFacts> => gatherReceiptFacts(tenant, cook, prepared, now);
  const request = { subjectId: cook.id, now, facts };
  const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, cookKind, request);
  if (isNew) await insertFirstShare(tenant, tokens, { receiptId: receipt.id, createdBy: cook.requestedBy });
  return patchCook(tenant, cook.id, { receiptId: receipt.id });
}

/** What takes time and does not change any more: the bootstrap, and the digest of the log. */
async function prepare(tenant: Tenant, cookId: string): Promise<Prepared | undefined> {
  const cook = await findCook(tenant, cookId);
  if (cook?.outcomeAttemptId == null) return undefined;
  const attempt = await findAttempt(tenant, cook.outcomeAttemptId);
  if (!attempt) throw new Error(`prepare: the outcome of ${cookId} is not there`);
  const lift = liftOf(attempt.outcome?.measured, cook.recipe.eval);
  return { attempt, lift, logSha256: await digestLog(tenant, cookId, attempt.attempt) };
}

async function digestLog(tenant: Tenant, cookId: string, attempt: number): Promise<string | null> {
  const pieces = await listAttemptLog(tenant, cookId, attempt);
  if (pieces.length === 0) return null;
  const hash = createHash('sha256');
  for (const { gzip } of pieces) hash.update(await inflate(gzip));
  return hash.digest('hex');
}

/** A cook that nobody took, or that lost every runner it had, is somebody's task; and who asked to hear of its end does. */
async function tellPeople(tenant: Tenant, cook: Cook, now: Date): Promise<void> {
  if (cook.recipe.notify === true) await notifyRequester(tenant, cook);
  const { id: cookId, runId, queue, queuedAt: since } = cook;
  if (cook.state === 'expired')
    await raise(tenant, { kind: 'no_runner', queue }, { cookId, runId, since, now, occasion: `expired:${cookId}` });
  if (cook.state === 'failed' && cook.failure?.class === 'runner_lost')
    await raise(tenant, { kind: 'lost_attempts', queue }, { cookId, runId, since, now, occasion: `lost:${cookId}` });
}

/** Money that was spent above the limit of the recipe is an incident, whatever became of the cook. */
async function tellSpending(tenant: Tenant, cook: Cook, { attempt }: Prepared, now: Date): Promise<void> {
  const { id: cookId, runId, queuedAt: since } = cook;
  const cents = costOf(attempt);
  const limit = cook.recipe.resources.max_cost_cents;
  if (cents === null || limit === undefined || cents <= limit) return;
  const trouble = { kind: 'overspent', cookId, cents, limit } as const;
  await raise(tenant, trouble, { cookId, runId, since, now, occasion: `spend:${cookId}` });
}

function failureOf({ failure }: Cook, ending: Ending, overdue: Overdue): Failure {
  if (overdue === 'deadline')
    return { class: 'timeout', retryable: false, message: 'The cook was not over by its deadline.' };
  if (overdue === 'queue' || (ending.kind === 'timeout' && ending.detail === 'SCHEDULE_TO_START'))
    return { class: 'infra', retryable: false, message: 'No runner took this cook in time.' };
  if (ending.kind === 'timeout' && ending.detail === 'START_TO_CLOSE')
    return { class: 'timeout', retryable: false, message: 'The attempt took longer than max_hours.' };
  return failure ?? { class: 'runner_lost', retryable: false, message: 'No attempt reported an outcome.' };
}
