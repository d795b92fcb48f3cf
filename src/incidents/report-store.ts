import { z } from 'zod';
import type { System, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { openIncidents, type Opened, type Report } from './open.js';
import { noLinks, type Links } from './schema.js';

/** What one of our own parts noticed, without a person. */
export type Notice = Pick<Report, 'orgId' | 'title' | 'kind' | 'severity' | 'source' | 'dedupKey'> & {
  /** Names the occurrence for ever: noticed again, it is not told again. */
  readonly sourceKey: string;
  readonly agentProfileId?: string | null;
  readonly links?: Partial<Links>;
  readonly occurredAt?: Date;
  readonly by: string;
};

export function reportOf(notice: Notice, now: Date): Report {
  const { by, links, occurredAt = now, agentProfileId = null, ...rest } = notice;
  return {
    ...rest,
    id: newId('incident'),
    state: 'open',
    agentProfileId,
    runs: links?.runs ?? [],
    occurredAt,
    detectedAt: now,
    awarenessAt: null,
    disclosedAt: null,
    article73Class: null,
    assigneeId: null,
    details: {},
    createdBy: null,
    actor: { kind: 'system', id: by },
  };
}

const known = z.object({ rows: z.array(z.object({ org_id: z.string(), source_key: z.string() })) });

/** Opens an incident for each notice that was not told yet. Safe to repeat: one event per source key. */
export async function tellIncidents(
  scope: Tenant | System,
  notices: readonly Notice[],
  now: Date,
): Promise<readonly Opened[]> {
  const { trx } = scope;
  const { rows } = known.parse(
    await trx.raw(`select org_id, source_key from incident_events where source_key = any (?)`, [
      notices.map(({ sourceKey }) => sourceKey),
    ]),
  );
  const fresh = notices.filter(
    ({ orgId, sourceKey }) => !rows.some((row) => row.org_id === orgId && row.source_key === sourceKey),
  );
  const opened = await openIncidents(
    scope,
    fresh.map((notice) => reportOf(notice, now)),
  );
  const links = fresh.flatMap(({ orgId, links: given = {} }, index) => {
    const { runs, cooks, datasets, models } = { ...noLinks, ...given };
    const targets = { run: runs, cook: cooks, dataset: datasets, model: models };
    return Object.entries(targets).flatMap(([kind, list]) =>
      list.map((target) => ({ incidentId: opened[index]?.id ?? '', orgId, kind, target })),
    );
  });
  if (links.length > 0)
    await trx('incident_links').insert(links).onConflict(['incident_id', 'kind', 'target']).ignore();
  return opened;
}
