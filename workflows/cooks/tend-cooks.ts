import { proxyActivities } from '@temporalio/workflow';
import type { CookActivities } from '../../activities/cooks.js';
import { storageProfile } from '../profiles.js';

const { tendCooks: tend } = proxyActivities<CookActivities>(storageProfile);

/** Ends leases that ran out, tells Temporal what it missed, and gives every open cook the workflow it should have. */
export async function tendCooks(): Promise<{ readonly lost: number; readonly told: number; readonly started: number }> {
  return tend();
}
