import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { mitigateRecovered } from '../incidents/mitigate-store.js';
import { openIncidents } from '../incidents/open.js';
import { insertLinks } from '../incidents/store.js';

/** What went wrong with a cook that somebody should look at. */
export type Trouble =
  | { readonly kind: 'no_runner'; readonly queue: string }
  | { readonly kind: 'lost_attempts'; readonly queue: string }
  | { readonly kind: 'quarantine'; readonly runnerId: string };
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
 * Opens the incident of a trouble, or joins the one that is open: one for each kind of runner, and one for each runner
 * that was put aside. Safe to retry as a whole: its source key is unique.
 */
export async function raise(
  tenant: Tenant,
  trouble: Trouble,
  { cookId, runId, occasion, since, now }: Place,
): Promise<void> {
  const { title, dedupKey } = tell(trouble);
  const [opened] = await openIncidents(tenant, [
    {
      id: newId('incident'),
      orgId: tenant.orgId,
      title,
      kind: 'runner_lost',
      severity: 'sev3',
      source: 'runner',
      state: 'open',
      dedupKey,
      sourceKey: occasion,
      agentProfileId: null,
      runs: [],
      occurredAt: since < now ? since : now,
      detectedAt: now,
      awarenessAt: null,
      disclosedAt: null,
      article73Class: null,
      assigneeId: null,
      details: {},
      createdBy: null,
      actor: { kind: 'system', id: 'cooks' },
    },
  ]);
  if (opened) await insertLinks(tenant, opened.id, { runs: [runId], cooks: [cookId], datasets: [], models: [] });
}

function tell(trouble: Trouble): { readonly title: string; readonly dedupKey: string } {
  switch (trouble.kind) {
    case 'no_runner':
      return { title: `No runner takes cooks of ${trouble.queue}`, dedupKey: noRunnerKey(trouble.queue) };
    case 'lost_attempts':
      return {
        title: `A cook of ${trouble.queue} lost every runner it had`,
        dedupKey: `lost_attempts:${trouble.queue}`,
      };
    case 'quarantine':
      return {
        title: 'A runner was put aside after three lost leases',
        dedupKey: `quarantine:${trouble.runnerId}`,
      };
  }
}

/** A runner has come: what was open about its absence is mitigated. Safe to repeat. */
export async function calm(tenant: Tenant, queue: string, attemptId: string, now: Date): Promise<void> {
  const recovered = { orgId: tenant.orgId, dedupKey: noRunnerKey(queue), at: now, key: `runner_back:${attemptId}` };
  await mitigateRecovered(tenant, [recovered], { actor: 'cooks', reason: 'a runner took a cook' });
}
