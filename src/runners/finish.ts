import { listArtifacts, markVerified, type Artifact } from '../artifacts/store.js';
import { requestHashOf } from '../commands/identity.js';
import { isPermanent } from '../cooks/rules.js';
import { endAttempt, extendAttempt, findAttempt, markDelivered, type AttemptOutcome } from '../cook-attempts/store.js';
import { patchCook, tellCook } from '../cooks/store.js';
import { Refusal } from '../kernel/refusals.js';
import { deliver, directiveOf, requireLive, withLease, type Claimed, type Held, type RunnerDeps } from './lease.js';
import type { CompleteBody, FailBody, FinishedView } from './schema.js';
import { clearLostLeases } from './store.js';
import { requireStored } from './upload.js';

interface Accepted {
  readonly orgId: string;
  readonly attemptId: string;
  readonly view: FinishedView;
  readonly isDelivered: boolean;
}

/**
 * Accepts a completed attempt: its artifacts are verified in storage first, then the outcome is written, and only then
 * Temporal is told. The first outcome to be accepted is the cook's; repeating it gets the same answer, another one is
 * refused, and a lease that is lost has nothing to report.
 */
export async function completeCook(deps: RunnerDeps, claimed: Claimed, body: CompleteBody): Promise<FinishedView> {
  const digest = digestOf('complete', body);
  const declared = await withLease(deps, claimed, async (held) => {
    const replayed = replayOf(held, digest);
    if (replayed) return { replayed };
    await requireLive(held);
    await extendAttempt(held.tenant, held.attempt.id, deps.cookTimes.leaseSeconds, {});
    return { artifacts: await declaredArtifacts(held, body) };
  });
  if ('replayed' in declared) return conclude(deps, declared.replayed);
  for (const artifact of declared.artifacts) await requireStored(deps.evidenceObjects, artifact);
  const accepted = await withLease(deps, claimed, async (held) => {
    const replayed = replayOf(held, digest);
    if (replayed) return replayed;
    await requireLive(held);
    await markVerified(
      held.tenant,
      declared.artifacts.map(({ id }) => id),
    );
    const kind = held.cook.cancelRequestedAt ? 'cancelled' : 'completed';
    return accept(held, digest, { kind, measured: body.metrics, runtime: body.runtime });
  });
  return conclude(deps, accepted);
}

/** Accepts a failed attempt: final when its class is, when no attempt is left, or when a cancellation was asked for. */
export async function failCook(deps: RunnerDeps, claimed: Claimed, body: FailBody): Promise<FinishedView> {
  const digest = digestOf('fail', body);
  const accepted = await withLease(deps, claimed, async (held) => {
    const replayed = replayOf(held, digest);
    if (replayed) return replayed;
    await requireLive(held);
    const { class: failureClass, retryable, message, log_tail: logTail } = body;
    const failure = { class: failureClass, retryable, message };
    const isCancelled = held.cook.cancelRequestedAt !== null;
    const isFinal = isCancelled || isPermanent(failure) || held.attempt.attempt >= held.cook.maxAttempts;
    const outcome: AttemptOutcome = { kind: isCancelled ? 'cancelled' : 'failed', failure, logTail };
    return isFinal ? accept(held, digest, outcome) : requeue(held, digest, outcome);
  });
  return conclude(deps, accepted, body.retry_after_s === undefined ? undefined : body.retry_after_s * 1000);
}

/** Absent fields and undefined ones are one report. */
function digestOf(kind: string, { lease_token: _token, ...body }: CompleteBody | FailBody): string {
  const plain: unknown = JSON.parse(JSON.stringify(body));
  return requestHashOf({ kind, body: plain });
}

/** The answer to a report that was accepted before; another report on the same attempt is refused. */
function replayOf(held: Held, digest: string): Accepted | undefined {
  const { attempt } = held;
  if (attempt.outcomeDigest === null) return undefined;
  if (attempt.outcomeDigest !== digest)
    throw new Refusal('outcome_differs', `Attempt ${String(attempt.attempt)} has reported already.`, {
      directive: directiveOf(held),
    });
  const kind = attempt.state === 'failed' ? 'requeued' : (attempt.outcome?.kind ?? 'completed');
  return answer(held, kind, attempt.deliveredAt !== null);
}

const answer = (held: Held, accepted_as: FinishedView['accepted_as'], isDelivered: boolean): Accepted => ({
  orgId: held.tenant.orgId,
  attemptId: held.attempt.id,
  view: { accepted_as, attempt: held.attempt.attempt, directive: directiveOf(held) },
  isDelivered,
});

/** Writes the cook's outcome. Safe to retry: under the cook's lock, and only for its live attempt. */
async function accept(held: Held, digest: string, outcome: AttemptOutcome): Promise<Accepted> {
  const { tenant, cook, attempt, runner } = held;
  await endAttempt(tenant, attempt.id, { state: 'accepted', outcome, outcomeDigest: digest });
  await patchCook(tenant, cook.id, {
    outcomeAttemptId: attempt.id,
    ...(outcome.failure ? { failure: outcome.failure } : { failure: null }),
  });
  await clearLostLeases(tenant, runner.id);
  await tellCook(tenant, cook.id, { kind: 'reported', attempt: attempt.attempt, data: { as: outcome.kind } });
  return answer(held, outcome.kind, false);
}

/** Gives a cook back to its queue after a failure that may pass. */
async function requeue(held: Held, digest: string, outcome: AttemptOutcome): Promise<Accepted> {
  const { tenant, cook, attempt, runner } = held;
  await endAttempt(tenant, attempt.id, { state: 'failed', outcome, outcomeDigest: digest });
  await patchCook(tenant, cook.id, { state: 'queued', currentAttemptId: null, failure: outcome.failure ?? null });
  await clearLostLeases(tenant, runner.id);
  const data = { class: outcome.failure?.class ?? 'infra' };
  await tellCook(tenant, cook.id, { kind: 'requeued', attempt: attempt.attempt, data });
  return answer(held, 'requeued', false);
}

/**
 * The outcome is committed: Temporal hears of it now, or, if it is away, from the sweep. A native runner tells Temporal
 * itself by returning; should it die before, the sweep wakes the workflow.
 */
async function conclude(deps: RunnerDeps, accepted: Accepted, retryMs?: number): Promise<FinishedView> {
  const { orgId, attemptId, view, isDelivered } = accepted;
  if (isDelivered) return view;
  const attempt = await deps.database.tenant(orgId, (tenant) => findAttempt(tenant, attemptId));
  if (!attempt) throw new Error(`conclude: ${attemptId} is not there`);
  if (attempt.transport === 'native') return view;
  try {
    await deliver(deps, attempt, retryMs);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'unavailable') return view;
    throw error;
  }
  await deps.database.tenant(orgId, (tenant) => markDelivered(tenant, attemptId));
  return view;
}

/** The rows of the artifacts that a report declares; every kind that the recipe requires must be among them. */
async function declaredArtifacts({ tenant, cook, attempt }: Held, body: CompleteBody): Promise<readonly Artifact[]> {
  const granted = (await listArtifacts(tenant, cook.id)).filter((one) => one.attempt === attempt.attempt);
  const artifacts = body.artifacts.map(({ name, size, sha256 }) => {
    const found = granted.find((one) => one.name === name && one.size === size && one.sha256 === sha256);
    if (!found) throw new Refusal('artifact_unverified', `No upload of ${name} with this size and digest was granted.`);
    return found;
  });
  const kinds = new Set(artifacts.map(({ kind }) => kind));
  const missing = cook.recipe.outputs.filter(({ kind, required }) => required && !kinds.has(kind));
  if (missing[0])
    throw new Refusal('artifact_unverified', `The recipe requires an artifact of kind ${missing[0].kind}.`);
  return artifacts;
}
