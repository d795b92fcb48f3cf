import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { WitnessActivities } from '../../activities/witnesses.js';
import { loopProfile } from '../profiles.js';

const { runWitnessing } = proxyActivities<WitnessActivities>(loopProfile);

/** One per log with witnesses: keeps somebody at work who takes new checkpoints to them. */
export async function keepWitnessed(): Promise<void> {
  await runWitnessing();
  await continueAsNew<typeof keepWitnessed>();
}
