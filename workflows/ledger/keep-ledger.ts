import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities, SequencedLog } from '../../activities/ledger.js';
import { loopProfile } from '../profiles.js';

const { runSequencer } = proxyActivities<LedgerActivities>(loopProfile);

/** One per log: keeps a sequencer at work. Safety is in Postgres; this only sees to it that somebody is there. */
export async function keepLedger(log: SequencedLog = 'public'): Promise<void> {
  await runSequencer(log);
  await continueAsNew<typeof keepLedger>(log);
}
