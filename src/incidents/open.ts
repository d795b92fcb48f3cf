import { z } from 'zod';
import type { System, Tenant } from '../db/database.js';
import { freeze } from './freeze-store.js';
import { freezes, incidentStates, severities, type IncidentKind, type IncidentState, type Severity } from './rules.js';
import type { Details, IncidentSource } from './schema.js';

/** One thing that went wrong, whoever noticed it. */
export interface Report {
  /** The id the incident gets, if it is a new one. */
  readonly id: string;
  readonly orgId: string;
  readonly title: string;
  readonly kind: IncidentKind;
  readonly severity: Severity;
  readonly source: IncidentSource;
  readonly state: IncidentState;
  /** While an incident with this key is open, the report is a recurrence of it. */
  readonly dedupKey: string | null;
  /** Names the occurrence for ever: reported again, it is refused by an index. */
  readonly sourceKey: string | null;
  readonly agentProfileId: string | null;
  readonly runs: readonly string[];
  readonly occurredAt: Date;
  readonly detectedAt: Date;
  readonly awarenessAt: Date | null;
  readonly disclosedAt: Date | null;
  readonly article73Class: string | null;
  readonly assigneeId: string | null;
  readonly details: Details;
  readonly createdBy: string | null;
  readonly actor: { readonly kind: string; readonly id: string };
}
export interface Opened {
  readonly id: string;
  readonly isNew: boolean;
}

const stored = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      org_id: z.string(),
      dedup_key: z.string().nullable(),
      is_new: z.boolean(),
      state: z.enum(incidentStates),
      severity: z.enum(severities),
    }),
  ),
});

const INSERT = `
insert into incidents (id, org_id, title, kind, severity, source, state, dedup_key, agent_profile_id, occurred_at, detected_at,
  awareness_at, disclosed_at, article73_class, assignee_id, details, created_by, changed_at)
select r.id, r."orgId", r.title, r.kind, r.severity, r.source, r.state, r."dedupKey", r."agentProfileId", r."occurredAt",
  r."detectedAt", r."awarenessAt", r."disclosedAt", r."article73Class", r."assigneeId", r.details, r."createdBy", r."detectedAt"
from jsonb_to_recordset(?::jsonb) as r(id text, "orgId" text, title text, kind text, severity text, source text, state text,
  "dedupKey" text, "agentProfileId" text, "occurredAt" timestamptz, "detectedAt" timestamptz, "awarenessAt" timestamptz,
  "disclosedAt" timestamptz, "article73Class" text, "assigneeId" text, details jsonb, "createdBy" text)
on conflict (org_id, dedup_key) where state not in ('resolved', 'closed', 'cancelled') do update set
  occurrences = incidents.occurrences + 1,
  state = case when incidents.state = 'mitigated' then 'open' else incidents.state end,
  acknowledged_at = case when incidents.state = 'mitigated' then null else incidents.acknowledged_at end,
  mitigated_at = null,
  changed_at = case when incidents.state = 'mitigated' then excluded.detected_at else incidents.changed_at end,
  escalations = case when incidents.state = 'mitigated' then 0 else incidents.escalations end,
  version = incidents.version + 1,
  updated_at = now()
returning id, org_id, dedup_key, (xmax = 0) as is_new, state, severity`;

/**
 * The one path by which incidents open, for people, watchdogs and engines, many at once: a report whose key has an open
 * incident is a recurrence of it, and takes it back to open when it was mitigated. Facts only: the workflow is started
 * from the row, by whoever notices that it is unattended. Safe to retry as a whole; sourceKey is unique.
 */
export async function openIncidents({ trx }: Tenant | System, reports: readonly Report[]): Promise<readonly Opened[]> {
  if (reports.length === 0) return [];
  const { rows } = stored.parse(await trx.raw(INSERT, [JSON.stringify(reports)]));
  const opened = reports.map((report) => {
    const row = rows.find(({ id, org_id, dedup_key }) =>
      report.dedupKey === null ? id === report.id : org_id === report.orgId && dedup_key === report.dedupKey,
    );
    if (!row) throw new Error(`openIncidents: ${report.id} was neither opened nor joined`);
    return { report, row };
  });
  const events = opened.map(({ report, row }) => ({
    orgId: report.orgId,
    incidentId: row.id,
    at: report.detectedAt,
    kind: row.is_new ? 'opened' : 'recurred',
    actor: JSON.stringify(report.actor),
    body: JSON.stringify({
      title: report.title,
      severity: report.severity,
      occurred_at: report.occurredAt.toISOString(),
    }),
    sourceKey: report.sourceKey,
  }));
  await trx('incident_events').insert(events);
  await freeze(
    trx,
    opened
      .filter(({ row }) => freezes(row.state, row.severity))
      .flatMap(({ report, row }) =>
        [...report.runs, ...(report.agentProfileId === null ? [] : [report.agentProfileId])].map((subjectId) => ({
          ...{ orgId: report.orgId, incidentId: row.id, subjectId },
        })),
      ),
  );
  return opened.map(({ row }) => ({ id: row.id, isNew: row.is_new }));
}
