import { heartbeat } from '@temporalio/activity';
import type { Database } from '../src/db/database.js';
import { takeDue } from '../src/watchdogs/store.js';
import { tend } from '../src/watchdogs/tend.js';

const BATCH = 1000;

export interface WatchdogActivities {
  sweepWatchdogs(): Promise<{ readonly looked: number; readonly opened: number }>;
}

export function createWatchdogActivities({ database }: { readonly database: Database }): WatchdogActivities {
  return {
    /**
     * Looks at every watchdog that is due, a thousand in one transaction. Safe to retry and to run twice: each look keeps
     * when to look next, in the transaction of what it did, and SKIP LOCKED keeps two sweeps off one row.
     */
    async sweepWatchdogs() {
      let looked = 0;
      let opened = 0;
      for (;;) {
        const done = await database.system(async (system) => {
          const due = await takeDue(system, BATCH);
          return { due: due.length, opened: (await tend(system, due, new Date())).length };
        });
        looked += done.due;
        opened += done.opened;
        heartbeat(looked);
        if (done.due < BATCH) return { looked, opened };
      }
    },
  };
}
