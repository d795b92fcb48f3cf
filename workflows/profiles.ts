import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/**
 * Our own Postgres inside the workflow task, so that an update answers in one round trip. Attempts are bounded because
 * the schedule-to-close budget is not enforced across fast failures; what fails here goes on as a durable activity.
 */
export const quickProfile: LocalActivityOptions = {
  startToCloseTimeout: '2s',
  retry: { initialInterval: '100ms', maximumInterval: '500ms', maximumAttempts: 2 },
};
/** Our own Postgres when it was not there: retried for ever, since a command that was accepted is owed. */
export const databaseProfile: ActivityOptions = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
};
/** Reads objects and hashes them: minutes for large evidence, with heartbeats. */
export const storageProfile: ActivityOptions = {
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
};
/** Chromium in its own worker; a receipt is owed its PDF, so there is no last attempt. */
export const pdfProfile: ActivityOptions = {
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
};
/** A loop that works for ten minutes at a time; a dead worker is noticed by its heartbeat. */
export const loopProfile: ActivityOptions = {
  startToCloseTimeout: '15m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
};
/** Reads the whole log: an hour for millions of leaves; a dead worker is noticed by its heartbeat. */
export const auditProfile: ActivityOptions = {
  startToCloseTimeout: '2h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
};
/** Stripe, which may be slow, refuse for a while or be away: money is owed an answer, so there is no last attempt. */
export const stripeProfile: ActivityOptions = {
  startToCloseTimeout: '1m',
  retry: { initialInterval: '500ms', maximumInterval: '1m' },
};
/** A sweep over many rows, with heartbeats; the next one comes by its schedule, so a failing one soon gives up. */
export const sweepProfile: ActivityOptions = {
  startToCloseTimeout: '30m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 5 },
};
/**
 * A training job on a runner: hours of work that cost money, so a cancellation waits until the runner has stopped. The
 * heartbeat is the lease. How many attempts there are is counted in Postgres, because a task that got lost on its way to
 * a runner must not cost one; this bound only ends what would go round for ever.
 */
export const cookProfile = {
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { backoffCoefficient: 2, maximumInterval: '10m', maximumAttempts: 100 },
} as const satisfies ActivityOptions;
