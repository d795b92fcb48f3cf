import type { z } from 'zod';
import { showVerdict } from '../checks/view.js';
import { mayHappen, runEvents, whyNot } from './rules.js';
import type { runDetailView, runSummaryView } from './schema.js';
import type { Run } from './store.js';

export function showRunSummary(run: Run): z.input<typeof runSummaryView> {
  return {
    id: run.id,
    project_id: run.projectId,
    title: run.title,
    lane: run.lane,
    flight_sheet: { slug: run.flightSheetSlug, version: run.flightSheetVersion, digest: run.flightSheetDigest },
    state: run.state,
    version: run.version,
    attempt: run.attempt,
    verdict: run.verdict && showVerdict(run.verdict),
    receipt_id: run.receiptId,
    labels: run.labels,
    client_ref: run.clientRef,
    created_by: run.createdBy,
    created_at: run.createdAt.toISOString(),
    updated_at: run.updatedAt.toISOString(),
  };
}

/** What may be done with the run next, and why not the rest. `mayAct` says what the caller's role allows. */
export function showActions(run: Run, mayAct: boolean): z.input<typeof runDetailView>['actions'] {
  return runEvents.map((action) => {
    const verdict = mayHappen(run.state, action);
    if (!mayAct) return { action, allowed: false, because: 'Your role reads only.' };
    return { action, allowed: verdict.ok, because: verdict.ok ? null : whyNot(action, run.state) };
  });
}
