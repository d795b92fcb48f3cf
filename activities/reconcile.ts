import { heartbeat } from '@temporalio/activity';
import type { Database } from '../src/db/database.js';
import { mintAnnotation, type AnnotateDeps } from '../src/receipts/annotate.js';
import { listOwedAnnotations } from '../src/receipts/annotation-store.js';
import type { RunDurable } from '../src/runs/durable.js';
import { listOpenRuns } from '../src/runs/store.js';

const PAGE = 500;

export interface ReconcileActivities {
  reconcileRuns(): Promise<{ readonly seen: number; readonly started: number }>;
}

export interface ReconcileDeps extends AnnotateDeps {
  readonly database: Database;
  readonly runs: RunDurable;
}

export function createReconcileActivities(deps: ReconcileDeps): ReconcileActivities {
  const { database, runs } = deps;
  return {
    /** Safe to retry: a workflow that is there already is left alone, and an annotation is minted once. */
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
        if (page.length < PAGE) break;
      }
      for (const { id, orgId } of await database.system((system) => listOwedAnnotations(system, PAGE)))
        await database.tenant(orgId, (tenant) => mintAnnotation(tenant, deps, id));
      return { seen, started };
    },
  };
}
