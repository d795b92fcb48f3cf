import { randomBytes } from 'node:crypto';
import { MIN_POLL_MS, type CookTask } from '../adapters/cook-tasks.js';
import { cookWorkflowId } from '../cooks/durable.js';
import { isOver } from '../cooks/rules.js';
import { findCheckpoint, findAttempt, insertAttempt, type Attempt } from '../cook-attempts/store.js';
import { findAnyCook, findWaitingQueue, lockCook, patchCook, tellCook, type Cook } from '../cooks/store.js';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { deliver, directiveOf, leaseHash, loseAttempt, type RunnerDeps } from './lease.js';
import { logLimits, type ClaimBody, type ClaimView, type NextBody } from './schema.js';
import { registerRunner, type Runner } from './store.js';

/** A runner of several capabilities looks at each of its queues for so long before it goes on to the next. */
const SLICE_MS = 5000;

export type Next =
  { readonly kind: 'claimed'; readonly claim: ClaimView } | { readonly kind: 'none'; readonly draining: boolean };

/**
 * Claims the next cook for a runner: waits at Temporal's queues on its behalf, then writes the lease. Whoever crashes
 * in between, the task comes back when its heartbeat runs out.
 */
export async function claimNext(deps: RunnerDeps, keyId: string, body: NextBody, gone: AbortSignal): Promise<Next> {
  const runner = await admit(deps, keyId, body, 'http');
  if (runner.draining) return { kind: 'none', draining: true };
  const end = Date.now() + Math.max(body.wait_s * 1000, MIN_POLL_MS + 500);
  for (let turn = 0; ; turn += 1) {
    const left = end - Date.now();
    if (left < MIN_POLL_MS || gone.aborted) return { kind: 'none', draining: false };
    const queue = await pickQueue(deps, body, turn);
    const wait = body.capabilities.gpu.length > 1 || turn > 0 ? Math.min(SLICE_MS, left) : left;
    const identity = `http:${runner.id}`;
    const task = await deps.cookTasks.poll(deps.taskQueueOf(queue), identity, Math.max(wait, MIN_POLL_MS), gone);
    const claim = task && (await take(deps, runner, task));
    if (claim) return { kind: 'claimed', claim };
  }
}

/** Where a cook that this runner may take waits, as Postgres has it; else its own queues in turn. */
async function pickQueue({ database }: RunnerDeps, { capabilities, labels }: NextBody, turn: number): Promise<string> {
  const waiting = await database.system((system) => findWaitingQueue(system, capabilities.gpu, labels));
  return waiting ?? capabilities.gpu[turn % capabilities.gpu.length] ?? 'cpu';
}

async function admit(
  { database }: RunnerDeps,
  keyId: string,
  { runner_id: name, labels, capabilities }: Pick<NextBody, 'runner_id' | 'labels' | 'capabilities'>,
  transport: Runner['transport'],
): Promise<Runner> {
  const runner = await database.system((system) =>
    registerRunner(system, { keyId, name, transport, labels, capabilities }),
  );
  if (runner.revokedAt) throw new Refusal('runner_refused', 'This runner was revoked.');
  if (runner.quarantinedAt) throw new Refusal('runner_refused', 'This runner let too many leases run out.');
  return runner;
}

/** A native runner holds its task itself and shows so by being the one whom Temporal names. */
export async function claimNative(
  deps: RunnerDeps,
  keyId: string,
  cookId: string,
  body: ClaimBody,
): Promise<ClaimView> {
  const cook = await deps.database.system((system) => findAnyCook(system, cookId));
  if (!cook) throw new Refusal('not_found', 'No such cook.');
  const runner = await admit(deps, keyId, body, 'native');
  const holder = await deps.cookTasks.holderOf(cookWorkflowId(cookId));
  if (holder?.identity !== `native:${body.runner_id}` || holder.workflowRunId !== body.workflow_run_id)
    throw new Refusal('lease_lost', 'Temporal has not given this cook to this runner.');
  const taken = await deps.database.tenant(cook.orgId, (tenant) =>
    lease(tenant, deps, { runner, cookId, checkpoint: undefined, token: null }),
  );
  if (taken.kind === 'leased') return taken.claim;
  if (taken.kind === 'unfit') throw new Refusal('runner_refused', 'This runner does not know the method of the cook.');
  // Its workflow may wait for a runner that died after its report, or for an attempt that is not left.
  await deps.cooks.nudge(cookId);
  throw new Refusal('cook_over', `The cook is ${cook.state}.`, { current_state: cook.state });
}

/** Turns a task into a lease; a task that nobody should work on any more is answered instead, and undefined returned. */
async function take(deps: RunnerDeps, runner: Runner, task: CookTask): Promise<ClaimView | undefined> {
  const { cookTasks, database } = deps;
  const taken = await database.tenant(task.orgId, (tenant) =>
    lease(tenant, deps, { runner, cookId: task.cookId, checkpoint: task.checkpoint, token: task.token }),
  );
  switch (taken.kind) {
    case 'leased':
      return taken.claim;
    case 'decided':
      await deliver(deps, { ...taken.attempt, taskToken: deps.sealer.seal(task.token, taken.attempt.id) });
      return undefined;
    case 'over':
      await cookTasks.fail(task.token, { type: 'cancelled', message: 'the cook is over', final: true });
      return undefined;
    case 'exhausted':
      await cookTasks.fail(task.token, { type: 'runner_lost', message: 'no attempt is left', final: true });
      return undefined;
    case 'unfit':
      await cookTasks.fail(task.token, { type: 'unfit', message: 'another runner', final: false, retryMs: 1000 });
      return undefined;
  }
}

type Taken =
  | { readonly kind: 'leased'; readonly claim: ClaimView }
  | { readonly kind: 'decided'; readonly attempt: Attempt }
  | { readonly kind: 'over' | 'exhausted' | 'unfit' };

/**
 * Writes the lease of the next attempt. Postgres decides: a cook that is over or has its outcome is not handed out
 * again, and a lease that Temporal gave up on is lost from here on. The index on live attempts allows one.
 */
async function lease(
  tenant: Tenant,
  { tokens, sealer, cookTimes }: RunnerDeps,
  given: { runner: Runner; cookId: string; checkpoint: unknown; token: Uint8Array | null },
): Promise<Taken> {
  const { runner, cookId, token } = given;
  let cook = await lockCook(tenant, cookId);
  if (!cook || isOver(cook.state)) return { kind: 'over' };
  if (cook.outcomeAttemptId !== null) {
    const attempt = await findAttempt(tenant, cook.outcomeAttemptId);
    if (attempt) return { kind: 'decided', attempt };
  }
  const earlier = cook.currentAttemptId === null ? undefined : await findAttempt(tenant, cook.currentAttemptId);
  if (earlier) cook = (await loseAttempt(tenant, cookId, earlier.id)) ?? cook;
  if (cook.cancelRequestedAt) return { kind: 'over' };
  if (cook.attempt >= cook.maxAttempts) return { kind: 'exhausted' };
  if (!fits(runner, cook)) return { kind: 'unfit' };
  const attemptId = newId('attempt');
  const leaseToken = randomBytes(32).toString('base64url');
  const attempt = await insertAttempt(tenant, {
    id: attemptId,
    cookId,
    attempt: cook.attempt + 1,
    runnerId: runner.id,
    transport: runner.transport,
    tokenHash: leaseHash(tokens, leaseToken),
    taskToken: token && sealer.seal(token, attemptId),
    runner: { name: runner.name, labels: runner.labels, capabilities: runner.capabilities },
    leaseSeconds: cookTimes.leaseSeconds,
  });
  cook = await patchCook(tenant, cookId, {
    state: 'claimed',
    attempt: attempt.attempt,
    currentAttemptId: attempt.id,
  });
  await tellCook(tenant, cookId, { kind: 'claimed', attempt: attempt.attempt, data: { runner: runner.name } });
  const checkpoint = await lastCheckpoint(tenant, cook, given.checkpoint);
  return { kind: 'leased', claim: showClaim({ cook, attempt, runner, leaseToken, checkpoint }, cookTimes) };
}

/** What Postgres kept of earlier attempts is at least as new as what Temporal carried over. */
async function lastCheckpoint(tenant: Tenant, cook: Cook, carried: unknown): Promise<unknown> {
  const kept = await findCheckpoint(tenant, cook.id);
  if (kept !== null) return kept;
  const held = typeof carried === 'object' && carried !== null && 'checkpoint' in carried ? carried.checkpoint : null;
  return held ?? null;
}

function fits({ capabilities }: Runner, { recipe }: Cook): boolean {
  const { methods } = capabilities;
  return !Array.isArray(methods) || methods.length === 0 || methods.includes(recipe.method);
}

function showClaim(
  given: { cook: Cook; attempt: Attempt; runner: Runner; leaseToken: string; checkpoint: unknown },
  { heartbeatSeconds }: RunnerDeps['cookTimes'],
): ClaimView {
  const { cook, attempt, runner, leaseToken, checkpoint } = given;
  return {
    cook: { id: cook.id, recipe: cook.recipe, recipe_sha256: cook.recipeSha256 },
    attempt: attempt.attempt,
    lease_token: leaseToken,
    fence: attempt.attempt,
    lease_expires_at: attempt.expiresAt.toISOString(),
    heartbeat_every_s: heartbeatSeconds,
    checkpoint,
    log: { ...logLimits },
    directive: directiveOf({ cook, runner }),
  };
}
