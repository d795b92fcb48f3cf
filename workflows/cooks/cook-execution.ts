import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { CookActivities } from '../../activities/cooks.js';
import type { CookCommandRef, CookSnapshot, CookTerms } from '../../src/cooks/apply.js';
import { isOver, type CookState, type Ending } from '../../src/cooks/rules.js';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import { cookProfile, databaseProfile, quickProfile, storageProfile } from '../profiles.js';
import { rethrowRefusal } from '../refusals.js';

export interface CookExecutionInput {
  readonly orgId: string;
  readonly cookId: string;
  readonly terms: CookTerms;
  /** False for a new cook, whose first update inserts it; true when the row is there already. */
  readonly resume: boolean;
}
export interface CookExecutionResult {
  readonly state: CookState;
}
/** What a runner's worker carries out, wherever it runs. */
interface RunnerActivities {
  'cook.execute'(input: { readonly orgId: string; readonly cookId: string }): Promise<unknown>;
}

const quick = proxyLocalActivities<CookActivities>(quickProfile);
const durable = proxyActivities<CookActivities>(databaseProfile);
const thorough = proxyActivities<CookActivities>(storageProfile);
const requestUpdate = defineUpdate<CookSnapshot, [CookCommandRef]>('request');
const cancelUpdate = defineUpdate<CookSnapshot, [CookCommandRef]>('cancel');
const settleSignal = defineSignal('settle');
const stateAttribute = defineSearchAttributeKey(searchAttributes.state.name, searchAttributes.state.kind);

/**
 * Keeps what is owed to one cook: its place in the queue of its kind of runner, attempt after attempt, and one outcome.
 * Attempts are bounded in Postgres, where they are counted; Temporal only brings the task back.
 */
export async function cookExecution(input: CookExecutionInput): Promise<CookExecutionResult> {
  const { orgId, cookId, terms, resume } = input;
  const ref = { orgId, cookId };
  const scope = new CancellationScope();
  let current: CookSnapshot | null = null;
  let absent = false;
  const adopt = (next: CookSnapshot): CookSnapshot => {
    current = next;
    if (next.cancelRequested || isOver(next.state)) scope.cancel();
    return next;
  };
  setHandler(requestUpdate, async (command) => {
    try {
      return adopt(await first('requestCook', command));
    } catch (error) {
      absent = current === null;
      throw error;
    }
  });
  setHandler(cancelUpdate, async (command) => adopt(await first('cancelCook', command)));
  setHandler(settleSignal, () => {
    scope.cancel();
  });
  if (resume) {
    const found = await durable.readCook(ref);
    if (found) adopt(found);
    else absent = true;
  }
  await condition(() => absent || current !== null);
  if (absent) {
    await condition(allHandlersFinished);
    return { state: 'cancelled' };
  }
  setCurrentDetails(`Waits in **${terms.queue}** or runs there; attempts and leases are in Postgres.`);
  const ending = await attempt(scope, ref, terms);
  return CancellationScope.nonCancellable(async () => {
    const { state } = await thorough.settleCook({ ...ref, ending });
    upsertSearchAttributes([{ key: stateAttribute, value: state }]);
    setCurrentDetails(`Over: **${state}**`);
    await condition(allHandlersFinished);
    return { state };
  });
}

/** Schedules the work and waits for it to end, however it does; what it came to is read from Postgres afterwards. */
async function attempt(
  scope: CancellationScope,
  ref: { readonly orgId: string; readonly cookId: string },
  { queue, priorityKey, leaseSeconds, queueSeconds, attemptSeconds, retrySeconds }: CookTerms,
): Promise<Ending> {
  const runners = proxyActivities<RunnerActivities>({
    ...cookProfile,
    taskQueue: queue,
    startToCloseTimeout: `${String(attemptSeconds)}s`,
    scheduleToStartTimeout: `${String(queueSeconds)}s`,
    heartbeatTimeout: `${String(leaseSeconds)}s`,
    retry: { ...cookProfile.retry, initialInterval: `${String(retrySeconds)}s` },
    summary: ref.cookId,
    priority: { priorityKey, fairnessKey: ref.orgId },
  });
  try {
    await scope.run(() => runners['cook.execute'](ref));
    return { kind: 'returned', detail: '' };
  } catch (error) {
    return endingOf(error);
  }
}

function endingOf(error: unknown): Ending {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return { kind: 'cancelled', detail: '' };
  if (cause instanceof TimeoutFailure) return { kind: 'timeout', detail: cause.timeoutType ?? '' };
  if (cause instanceof ApplicationFailure) return { kind: 'failure', detail: cause.type ?? '' };
  return { kind: 'failure', detail: '' };
}

/** First inside the workflow task; what is no refusal goes on as a durable activity, so that an accepted command is never lost. */
async function first(name: 'requestCook' | 'cancelCook', command: CookCommandRef): Promise<CookSnapshot> {
  try {
    return await quick[name](command);
  } catch (error) {
    rethrowRefusal(error);
  }
  try {
    return await durable[name](command);
  } catch (error) {
    rethrowRefusal(error);
    throw error;
  }
}
