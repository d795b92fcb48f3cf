import { heartbeat } from '@temporalio/activity';
import type { CookTasks } from '../src/adapters/cook-tasks.js';
import type { Sealer } from '../src/auth/sealer.js';
import {
  applyCookCommand,
  readCookSnapshot,
  requireCook,
  type CookCommandRef,
  type CookSnapshot,
} from '../src/cooks/apply.js';
import type { Catalog } from '../src/cooks/catalog.js';
import { queueOfRecipe, recipeDigest, requireCancellable, termsOf } from '../src/cooks/command.js';
import type { CookDurable, CookRef } from '../src/cooks/durable.js';
import { capabilityOf, requireCookable } from '../src/cooks/judge.js';
import type { Ending } from '../src/cooks/rules.js';
import { cookPayload } from '../src/cooks/schema.js';
import { listStaleAttempts, listUndelivered, markDelivered } from '../src/cook-attempts/store.js';
import { insertCook, listOpenCooks, patchCook, tellCook, type Cook } from '../src/cooks/store.js';
import { settle, type SettleDeps } from '../src/cooks/settle.js';
import { showCookSummary } from '../src/cooks/view.js';
import { deliver, loseAttempt, type CookTimes } from '../src/runners/lease.js';
import { countUsage } from '../src/usage/store.js';

const PAGE = 500;

export interface CookActivities {
  requestCook(ref: CookCommandRef): Promise<CookSnapshot>;
  cancelCook(ref: CookCommandRef): Promise<CookSnapshot>;
  readCook(ref: CookRef): Promise<CookSnapshot | null>;
  settleCook(ref: CookRef & { readonly ending: Ending }): Promise<CookSnapshot>;
  tendCooks(): Promise<{ readonly lost: number; readonly told: number; readonly started: number }>;
}
export interface CookDeps extends SettleDeps {
  readonly catalog: Catalog;
  readonly cooks: CookDurable;
  readonly cookTasks: CookTasks;
  readonly cookTimes: CookTimes;
  readonly sealer: Sealer;
}

export function createCookActivities(deps: CookDeps): CookActivities {
  const { database, catalog } = deps;
  return {
    /** Safe to retry: the cook's id was drawn with the command, and the stored answer ends a second delivery. */
    requestCook: (ref) =>
      applyCookCommand(database, ref, async (tenant, command) => {
        const { cook_id: _id, run_id: runId, ...recipe } = cookPayload.parse(command.payload);
        await requireCookable(tenant, catalog, runId, recipe);
        const capability = capabilityOf(recipe);
        const cook = await insertCook(tenant, {
          id: ref.cookId,
          runId,
          recipe,
          recipeSha256: recipeDigest(recipe),
          capability,
          labels: recipe.runner_labels,
          queue: queueOfRecipe(recipe),
          priority: recipe.priority,
          maxAttempts: recipe.max_attempts,
          requestedBy: command.actor.id,
        });
        await countUsage(tenant, 'cooks');
        await tellCook(tenant, cook.id, { kind: 'requested' });
        return { cook, status: 201, result: showCookSummary(cook), action: 'cook.requested' };
      }),

    /** Safe to retry: see applyCookCommand. A queued cook is over at once; its task is answered as such wherever it is. */
    cancelCook: (ref) =>
      applyCookCommand(database, ref, async (tenant) => {
        const found = await requireCook(tenant, ref.cookId);
        requireCancellable(found);
        const isQueued = found.currentAttemptId === null;
        const cook = await patchCook(tenant, found.id, {
          cancelRequestedAt: found.cancelRequestedAt ?? new Date(),
          ...(isQueued ? { state: 'cancelled', finishedAt: new Date() } : {}),
        });
        await tellCook(tenant, cook.id, { kind: isQueued ? 'cancelled' : 'cancel_requested' });
        return { cook, status: 200, result: showCookSummary(cook), action: 'cook.cancelled' };
      }),

    readCook: (ref) => readCookSnapshot(database, ref),

    /** Safe to retry: a cook that is over is left as it is, and its receipt is minted once. */
    settleCook: (ref) => settle(deps, ref),

    /** Safe to retry: every step looks at the row it is about under its lock. */
    async tendCooks() {
      const lost = await endLostLeases(deps);
      const told = await tellTemporal(deps);
      const started = await ensureWorkflows(deps);
      return { lost, told, started };
    },
  };
}

/** Leases that ran out, and cooks that were claimed and never started: their tasks are given back. */
async function endLostLeases({ database, cookTasks, sealer, cooks, cookTimes }: CookDeps): Promise<number> {
  const stale = await database.system((system) => listStaleAttempts(system, cookTimes.startSeconds));
  for (const { id, orgId, cookId, taskToken } of stale) {
    const cook = await database.tenant(orgId, (tenant) => loseAttempt(tenant, cookId, id));
    if (!cook) continue;
    if (taskToken)
      await cookTasks.fail(sealer.open(taskToken, id), {
        type: 'runner_lost',
        message: 'the lease ran out',
        final: false,
      });
    if (isExhausted(cook) || cook.cancelRequestedAt) await cooks.nudge(cookId);
    heartbeat(id);
  }
  return stale.length;
}

const isExhausted = ({ attempt, maxAttempts }: Cook): boolean => attempt >= maxAttempts;

/** Outcomes that were accepted while Temporal was away, or whose server died before it told. */
async function tellTemporal(deps: CookDeps): Promise<number> {
  const owed = await deps.database.system((system) => listUndelivered(system));
  for (const attempt of owed) {
    await deliver(deps, attempt);
    if (attempt.transport === 'native' && attempt.state === 'accepted') await deps.cooks.nudge(attempt.cookId);
    await deps.database.tenant(attempt.orgId, (tenant) => markDelivered(tenant, attempt.id));
    heartbeat(attempt.id);
  }
  return owed.length;
}

/** Gives every cook that is not over its workflow: after a loss of Temporal's own data. */
async function ensureWorkflows({ database, cooks, cookTimes }: CookDeps): Promise<number> {
  let started = 0;
  let after = '';
  for (;;) {
    const page = await database.system((system) => listOpenCooks(system, after, PAGE));
    for (const cook of page) {
      if (await cooks.ensure({ orgId: cook.orgId, cookId: cook.id }, termsOf(cook, cookTimes))) started += 1;
      heartbeat(cook.id);
      after = cook.id;
    }
    if (page.length < PAGE) return started;
  }
}
