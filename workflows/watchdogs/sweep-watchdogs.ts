import { proxyActivities } from '@temporalio/workflow';
import type { IncidentActivities } from '../../activities/incidents.js';
import type { WatchdogActivities } from '../../activities/watchdogs.js';
import { storageProfile } from '../profiles.js';

const { sweepWatchdogs: look } = proxyActivities<WatchdogActivities>(storageProfile);
const { attendIncidents } = proxyActivities<IncidentActivities>(storageProfile);

/** Finds the agents that went dark, then gives every incident the workflow it should have. */
export async function sweepWatchdogs(): Promise<{
  readonly looked: number;
  readonly opened: number;
  readonly nudged: number;
}> {
  const { looked, opened } = await look();
  const { nudged } = await attendIncidents();
  return { looked, opened, nudged };
}
