import { heartbeat } from '@temporalio/activity';
import type { Database } from '../src/db/database.js';
import type { RunDurable } from '../src/runs/durable.js';
import { listOpenRuns } from '../src/runs/store.js';

const PAGE = 500;

export interface ReconcileActivities {
  reconcileRuns(): Promise<{ readonly seen: number; readonly started: number }>;
}

export function createReconcileActivities({
  database,
  runs,
}: {
  readonly database: Database;
  readonly runs: RunDurable;
}): ReconcileActivities {
  return {
    /** Safe to retry: a workflow that is there already is left alone. */
    async reconcileRuns() {
      let seen = 0;
      let started = 0;
      let after = '';
      for (;;) {
        const page = await database.system((system) => listOpenRuns(system, after, PAGE));
        for (const { id, orgId } of page) {
          seen += 1;
          if (await runs.ensure({ orgId, runId: id })) started += 1;
          heartbeat(seen);
          after = id;
        }
        if (page.length < PAGE) return { seen, started };
      }
    },
  };
}
