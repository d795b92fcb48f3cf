import { ApplicationFailure } from '@temporalio/common';
import { activityInfo, heartbeat } from '@temporalio/activity';

/** What reads more than this runs as an activity with heartbeats, not inside a workflow task. */
const QUICK_BYTES = 8 * 1024 * 1024;
/** Tells the workflow to go the thorough way; not a refusal, so no caller ever sees it. */
const TOO_MUCH_FOR_A_TASK = 'TooMuchForATask';

/** Gives up at once inside a workflow task when there is much to read. */
export function requireQuick(evidence: readonly { readonly size: number }[]): void {
  const bytes = evidence.reduce((sum, { size }) => sum + size, 0);
  if (activityInfo().isLocal && bytes > QUICK_BYTES)
    throw ApplicationFailure.nonRetryable(`${String(bytes)} bytes to read`, TOO_MUCH_FOR_A_TASK);
}

/** Says that reading goes on. */
export const beat = (id: string): void => {
  if (!activityInfo().isLocal) heartbeat(id);
};
