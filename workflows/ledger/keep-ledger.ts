import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities } from '../../activities/ledger.js';
import { loopProfile } from '../profiles.js';

const { runSequencer } = proxyActivities<LedgerActivities>(loopProfile);

/** One per log: keeps a sequencer at work. Safety is in Postgres; this only sees to it that somebody is there. */
export async function keepLedger(): Promise<void> {
  await runSequencer();
  await continueAsNew<typeof keepLedger>();
}
