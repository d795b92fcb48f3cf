import type { CookTasks } from '../adapters/cook-tasks.js';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Sealer } from '../auth/sealer.js';
import type { Tokens } from '../auth/tokens.js';
import type { CookDurable } from '../cooks/durable.js';
import { isOver } from '../cooks/rules.js';
import { endAttempt, findAttempt, findAttemptByToken, isExpired, type Attempt } from '../cook-attempts/store.js';
import { findAnyCook, lockCook, patchCook, tellCook, type Cook } from '../cooks/store.js';
import { enterTenant, type Database, type Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { directiveFor, type Directive } from './rules.js';
import { countLostLease, markSeen, type Runner } from './store.js';

/** How long things may take in the life of a cook, in seconds; the same for every process of a deployment. */
export interface CookTimes {
  /** A lease that is not renewed for so long is lost. */
  readonly leaseSeconds: number;
  /** Four beats fit into a lease, and more. */
  readonly heartbeatSeconds: number;
  /** A cook that was claimed and not started for so long goes back to its queue. */
  readonly startSeconds: number;
  /** A cook that no runner took for so long expires. */
  readonly queueSeconds: number;
  /** The first wait before another attempt. */
  readonly retrySeconds: number;
}
export interface RunnerDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly sealer: Sealer;
  readonly cookTasks: CookTasks;
  readonly cooks: CookDurable;
  readonly cookTimes: CookTimes;
  readonly evidenceObjects: ObjectStore;
  /** Task queue of a cook queue. */
  readonly taskQueueOf: (queue: string) => string;
}
/** What a runner shows to act on its attempt. */
export interface Claimed {
  readonly keyId: string;
  readonly cookId: string;
  readonly lease_token: string;
  readonly fence: number;
}
/** An attempt inside its transaction: the cook is locked. */
export interface Held {
  readonly tenant: Tenant;
  readonly cook: Cook;
  readonly attempt: Attempt;
  readonly runner: Runner;
}

export const leaseHash = (tokens: Tokens, token: string): string => tokens.hash(`lease/${token}`);

/** Opens the attempt of a lease token, with its cook locked. The token is the right to see it, the key the right to use it. */
export async function withLease<T>(
  { database, tokens }: Pick<RunnerDeps, 'database' | 'tokens'>,
  claimed: Claimed,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const tokenHash = leaseHash(tokens, claimed.lease_token);
  const known = await database.system((system) => findAnyCook(system, claimed.cookId));
  if (!known) throw new Refusal('not_found', 'No such cook.');
  return database.outsider({ tokenHash }, async (outsider) => {
    const found = await findAttemptByToken(outsider, tokenHash);
    if (found?.cookId !== claimed.cookId) throw lost();
    const tenant = await enterTenant(outsider, found.orgId);
    const cook = await lockCook(tenant, claimed.cookId);
    const attempt = await findAttempt(tenant, found.id);
    if (!cook || attempt?.attempt !== claimed.fence) throw lost();
    const runner = await markSeen(tenant, attempt.runnerId);
    if (runner.keyId !== claimed.keyId) throw lost();
    return work({ tenant, cook, attempt, runner });
  });
}

const lost = (): Refusal => new Refusal('lease_lost', 'This lease does not hold, or no longer.');

/** The lease must be the cook's present one and must not have run out, by the clock of Postgres. */
export async function requireLive({ tenant, cook, attempt, runner }: Held): Promise<void> {
  if (runner.revokedAt) throw new Refusal('runner_refused', 'This runner was revoked.');
  if (isOver(cook.state) || attempt.state === 'accepted')
    throw new Refusal('cook_over', `The cook is ${cook.state}.`, { current_state: cook.state });
  if (attempt.state !== 'live' || cook.currentAttemptId !== attempt.id || (await isExpired(tenant, attempt.id)))
    throw lost();
}

export const directiveOf = ({ cook, runner }: Pick<Held, 'cook' | 'runner'>): Directive =>
  directiveFor({
    cancelRequested: cook.cancelRequestedAt !== null,
    checkpointRequested: cook.checkpointRequestedAt !== null,
    draining: runner.draining,
  });

/**
 * Ends a lease that ran out: the cook is queued again, the runner has one lost lease more. Safe to repeat: only a live
 * attempt is lost.
 */
export async function loseAttempt(tenant: Tenant, cookId: string, attemptId: string): Promise<Cook | undefined> {
  const cook = await lockCook(tenant, cookId);
  const attempt = await findAttempt(tenant, attemptId);
  if (!cook || attempt?.state !== 'live') return undefined;
  await endAttempt(tenant, attempt.id, { state: 'lost' });
  await countLostLease(tenant, attempt.runnerId);
  await tellCook(tenant, cookId, { kind: 'lost', attempt: attempt.attempt });
  if (isOver(cook.state)) return cook;
  const message = `The lease of attempt ${String(attempt.attempt)} ran out.`;
  return patchCook(tenant, cookId, {
    state: 'queued',
    currentAttemptId: null,
    failure: { class: 'runner_lost', retryable: true, message },
  });
}

/** Tells Temporal what Postgres has accepted. Safe to repeat: the task token fences it, and a late word only nudges. */
export async function deliver(
  { cookTasks, sealer, cooks }: Pick<RunnerDeps, 'cookTasks' | 'sealer' | 'cooks'>,
  attempt: Attempt,
  retryMs?: number,
): Promise<void> {
  if (!attempt.taskToken || !attempt.outcome) return;
  const token = sealer.open(attempt.taskToken, attempt.id);
  const { kind, failure } = attempt.outcome;
  const isFinal = attempt.state === 'accepted';
  const heard =
    kind === 'failed'
      ? await cookTasks.fail(token, {
          type: failure?.class ?? 'infra',
          message: `attempt ${String(attempt.attempt)} failed`,
          final: isFinal,
          ...(retryMs === undefined ? {} : { retryMs }),
        })
      : await cookTasks.complete(token, { attempt: attempt.attempt });
  if (!heard && isFinal) await cooks.nudge(attempt.cookId);
}
