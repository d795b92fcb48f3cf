import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities } from '../../activities/reconcile.js';
import { storageProfile } from '../profiles.js';

const { reconcileRuns: restartMissing } = proxyActivities<ReconcileActivities>(storageProfile);

/** Gives every run that is not over the workflow it should have: after a loss of Temporal's own data. */
export async function reconcileRuns(): Promise<{ readonly seen: number; readonly started: number }> {
  return restartMissing();
}
