import type { Tenant } from '../db/database.js';
import { mitigateRecovered } from '../incidents/mitigate-store.js';
import { tellIncidents, type Notice } from '../incidents/report-store.js';

/** What went wrong with a cook that somebody should look at. */
export type Trouble =
  | { readonly kind: 'no_runner'; readonly queue: string }
  | { readonly kind: 'lost_attempts'; readonly queue: string }
  | { readonly kind: 'quarantine'; readonly runnerId: string }
  | { readonly kind: 'overspent'; readonly cookId: string; readonly cents: number; readonly limit: number };
interface Place {
  readonly cookId: string;
  readonly runId: string;
  /** Names this occurrence for ever. */
  readonly occasion: string;
  /** Since when it is so. */
  readonly since: Date;
  readonly now: Date;
}

const noRunnerKey = (queue: string): string => `no_runner:${queue}`;

/**
 * Opens the incident of a trouble, or joins the one that is open: one for each kind of runner, for each runner that was
 * put aside, and for each cook that spent too much. Safe to repeat: its source key is told once.
 */
export async function raise(
  tenant: Tenant,
  trouble: Trouble,
  { cookId, runId, occasion, since, now }: Place,
): Promise<void> {
  const notice = {
    ...tell(trouble),
    orgId: tenant.orgId,
    severity: 'sev3' as const,
    source: 'runner' as const,
    sourceKey: occasion,
    occurredAt: since < now ? since : now,
    links: { runs: [runId], cooks: [cookId] },
    by: 'cooks',
  };
  await tellIncidents(tenant, [notice], now);
}

function tell(trouble: Trouble): Pick<Notice, 'title' | 'kind' | 'dedupKey'> {
  const kind = 'runner_lost';
  switch (trouble.kind) {
    case 'no_runner':
      return { kind, title: `No runner takes cooks of ${trouble.queue}`, dedupKey: noRunnerKey(trouble.queue) };
    case 'lost_attempts':
      return {
        kind,
        title: `A cook of ${trouble.queue} lost every runner it had`,
        dedupKey: `lost_attempts:${trouble.queue}`,
      };
    case 'quarantine':
      return {
        kind,
        title: 'A runner was put aside after three lost leases',
        dedupKey: `quarantine:${trouble.runnerId}`,
      };
    case 'overspent':
      return {
        kind: 'spend_breach',
        title: `A cook cost ${String(trouble.cents)} cents and was allowed ${String(trouble.limit)}`,
        dedupKey: `spend:${trouble.cookId}`,
      };
  }
}

/** A runner has come: what was open about its absence is mitigated. Safe to repeat. */
export async function calm(tenant: Tenant, queue: string, attemptId: string, now: Date): Promise<void> {
  const recovered = { orgId: tenant.orgId, dedupKey: noRunnerKey(queue), at: now, key: `runner_back:${attemptId}` };
  await mitigateRecovered(tenant, [recovered], { actor: 'cooks', reason: 'a runner took a cook' });
}
