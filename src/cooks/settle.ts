import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { listArtifacts } from '../artifacts/store.js';
import { recordEvent } from '../audit-log/store.js';
import type { CommandActor } from '../commands/store.js';
import { listAttemptLog } from '../cook-logs/store.js';
import type { Database, Tenant } from '../db/database.js';
import { cookKind, type CookReceiptFacts } from '../receipts/kinds/cook.js';
import { mintReceipt, type MintDeps } from '../receipts/mint.js';
import { insertShare } from '../shares/store.js';
import { newId } from '../db/new-id.js';
import type { Tokens } from '../auth/tokens.js';
import { loseAttempt } from '../runners/lease.js';
import { requireCook, snapshotOf, type CookSnapshot } from './apply.js';
import { liftOf, type Lift } from './lift.js';
import { finalState, isOver, type Ending } from './rules.js';
import { findAttempt, type Attempt } from '../cook-attempts/store.js';
import { findCook, patchCook, tellCook, type Cook, type Failure } from './store.js';

const inflate = promisify(gunzip);
const RUNNER_KINDS = 'https://defendablecloud.com/runners';
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
    const state = finalState(accepted?.outcome?.kind, cook.cancelRequestedAt !== null, ending);
    const now = new Date();
    let over = await patchCook(tenant, cookId, {
      state,
      finishedAt: now,
      failure: state === 'completed' || state === 'cancelled' ? null : failureOf(cook, ending),
      lift: state === 'completed' && prepared ? prepared.lift : null,
    });
    if (state === 'completed' && prepared) over = await seal(tenant, deps, over, prepared);
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
  const facts = (): Promise<CookReceiptFacts> => gather(tenant, cook, prepared, now);
  const request = { subjectId: cook.id, now, facts };
  const { receipt, isNew } = await mintReceipt(tenant, { signer, logId }, cookKind, request);
  if (isNew) {
    const id = newId('share');
    const tokenHash = tokens.hash(tokens.issue('share', id));
    await insertShare(tenant, {
      id,
      receiptId: receipt.id,
      tokenHash,
      profile: 'standard',
      createdBy: cook.requestedBy,
    });
  }
  return patchCook(tenant, cook.id, { receiptId: receipt.id });
}

interface Prepared {
  readonly attempt: Attempt;
  readonly lift: Lift;
  readonly logSha256: string | null;
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

function failureOf({ failure }: Cook, ending: Ending): Failure {
  if (ending.kind === 'timeout' && ending.detail === 'SCHEDULE_TO_START')
    return { class: 'infra', retryable: false, message: 'No runner took this cook in time.' };
  if (ending.kind === 'timeout' && ending.detail === 'START_TO_CLOSE')
    return { class: 'timeout', retryable: false, message: 'The attempt took longer than max_hours.' };
  return failure ?? { class: 'runner_lost', retryable: false, message: 'No attempt reported an outcome.' };
}

/** What a cook's receipt seals: recipe, datasets, base model, runner and outcome. */
async function gather(
  tenant: Tenant,
  cook: Cook,
  { attempt, lift, logSha256 }: Prepared,
  now: Date,
): Promise<CookReceiptFacts> {
  const { recipe } = cook;
  const artifacts = (await listArtifacts(tenant, cook.id)).filter(
    (one) => one.attempt === attempt.attempt && one.verifiedAt !== null,
  );
  const cost = attempt.outcome?.runtime?.['cost_cents'];
  return {
    cookId: cook.id,
    builderId: `${RUNNER_KINDS}/${attempt.transport}/v1`,
    externalParameters: {
      method: recipe.method,
      hyper: plain(recipe.hyper),
      eval: plain(recipe.eval ?? null),
      capability: cook.capability,
      dataPolicy: recipe.data_policy_ack,
      attempt: attempt.attempt,
      runtime: plain(attempt.outcome?.runtime ?? {}),
      outcomeSha256: attempt.outcomeDigest,
    },
    resolvedDependencies: [
      { name: 'recipe', uri: 'urn:defendablecloud:recipe', digest: { sha256: cook.recipeSha256 } },
      ...(recipe.base_model.sha256 === undefined
        ? []
        : [
            {
              name: 'base-model',
              uri: `urn:defendablecloud:model:${encodeURIComponent(recipe.base_model.slug)}@${encodeURIComponent(recipe.base_model.revision)}`,
              digest: { sha256: recipe.base_model.sha256 },
            },
          ]),
      ...recipe.datasets.map(({ slug, version, sha256 }) => ({
        name: 'dataset',
        uri: `urn:defendablecloud:dataset:${encodeURIComponent(slug)}@${encodeURIComponent(version)}`,
        digest: { sha256 },
      })),
    ],
    startedOn: (cook.startedAt ?? attempt.claimedAt).toISOString(),
    finishedOn: now.toISOString(),
    artifacts: [
      { name: 'outcome', sha256: attempt.outcomeDigest ?? '' },
      ...artifacts.map(({ name, sha256 }) => ({ name, sha256 })),
    ],
    logSha256,
    lift: { claim: lift.claim, metric: lift.metric, lower: lift.ci95?.[0] ?? null, n: lift.n },
    requestedBy: cook.requestedBy,
    costCents: typeof cost === 'number' ? Math.round(cost) : null,
  };
}

/** Without undefined members, which canonical JSON has no place for. */
function plain(value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return copy;
}
