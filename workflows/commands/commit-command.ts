import {
  allHandlersFinished,
  condition,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { GrantActivities } from '../../activities/datasets.js';
import type { PinActivities } from '../../activities/models.js';
import type { CommandRef, CommittedCommand } from '../../src/commands/apply.js';
import { databaseProfile, quickProfile } from '../profiles.js';
import { rethrowRefusal } from '../refusals.js';

type Commands = GrantActivities & PinActivities;
const quick = proxyLocalActivities<Commands>(quickProfile);
const durable = proxyActivities<Commands>(databaseProfile);

const commitUpdate = defineUpdate<null, [CommandRef]>('commit');

/**
 * Commits one command that needs the signing key, which the API does not hold: one transaction on the core worker.
 * Where it refuses nothing happened, so there is nothing to take back.
 */
export async function commitCommand(name: CommittedCommand): Promise<void> {
  const over = { is: false };
  setHandler(commitUpdate, async (command) => {
    try {
      await first(name, command);
      return null;
    } finally {
      over.is = true;
    }
  });
  await condition(() => over.is && allHandlersFinished());
}

/** First inside the workflow task; what is no refusal goes on as a durable activity, so that the command is not lost. */
async function first(name: CommittedCommand, command: CommandRef): Promise<void> {
  try {
    await quick[name](command);
    return;
  } catch (error) {
    rethrowRefusal(error);
  }
  try {
    await durable[name](command);
  } catch (error) {
    rethrowRefusal(error);
    throw error;
  }
}
