import { raw, type QueryBuilder } from 'objection';
import { z } from 'zod';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { IncidentEventRow, IncidentLinkRow, IncidentRow } from './model.js';
import { severities } from './rules.js';
import { noLinks, type Links } from './schema.js';

export type Incident = Readonly<
  Pick<
    IncidentRow,
    | 'id'
    | 'orgId'
    | 'title'
    | 'kind'
    | 'severity'
    | 'source'
    | 'state'
    | 'version'
    | 'dedupKey'
    | 'occurrences'
    | 'agentProfileId'
    | 'assigneeId'
    | 'details'
    | 'rootCause'
    | 'occurredAt'
    | 'detectedAt'
    | 'awarenessAt'
    | 'disclosedAt'
    | 'acknowledgedAt'
    | 'mitigatedAt'
    | 'resolvedAt'
    | 'resolvedBy'
    | 'closedAt'
    | 'article73Class'
    | 'reportedAt'
    | 'escalations'
    | 'reminders'
    | 'changedAt'
    | 'createdAt'
    | 'updatedAt'
  >
>;
/** What a command may change of an incident. */
export type IncidentPatch = Partial<
  Omit<Incident, 'id' | 'orgId' | 'kind' | 'source' | 'version' | 'dedupKey' | 'createdAt' | 'updatedAt'>
>;
export interface IncidentEvent {
  readonly at: Date;
  readonly kind: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly body: Readonly<Record<string, unknown>>;
}

const incidents = (tenant: Tenant): QueryBuilder<IncidentRow, IncidentRow[]> =>
  IncidentRow.query(tenant.trx).where({ orgId: tenant.orgId });

export async function findIncident(tenant: Tenant, id: string): Promise<Incident | undefined> {
  return incidents(tenant).findById(id);
}

/** Reads an incident for change: its commands pass one at a time from here to their commit. */
export async function lockIncident(tenant: Tenant, id: string): Promise<Incident | undefined> {
  return incidents(tenant).findById(id).forUpdate();
}

/** Changes a locked incident. `isAttended` says that its workflow learns of it from this very transaction. */
export async function moveIncident(
  tenant: Tenant,
  incident: Incident,
  patch: IncidentPatch,
  { isAttended }: { readonly isAttended: boolean },
): Promise<Incident> {
  const version = incident.version + 1;
  const moved = await incidents(tenant)
    .where({ id: incident.id, version: incident.version })
    .patch({ ...patch, version, ...(isAttended ? { attendedVersion: version } : {}), updatedAt: raw('now()') })
    .returning('*');
  const row = moved[0];
  if (!row) throw new Error(`moveIncident: ${incident.id} is no longer at version ${String(incident.version)}`);
  return row;
}

/** Notes that the workflow knows the incident as it is at this version. */
export async function attend(tenant: Tenant, { id, version }: Pick<Incident, 'id' | 'version'>): Promise<void> {
  await incidents(tenant).where({ id }).where('attendedVersion', '<', version).patch({ attendedVersion: version });
}

/** Appends to the timeline, in the transaction of what it tells of. */
export async function appendEvent(
  tenant: Tenant,
  incidentId: string,
  { at, kind, actor, body }: IncidentEvent,
): Promise<void> {
  await IncidentEventRow.query(tenant.trx).insert({
    ...{ orgId: tenant.orgId, incidentId, at, kind },
    actor: { ...actor },
    body: { ...body },
  });
}

export async function listTimeline(tenant: Tenant, incidentId: string): Promise<readonly IncidentEvent[]> {
  return IncidentEventRow.query(tenant.trx).where({ orgId: tenant.orgId, incidentId }).orderBy('id').limit(5000);
}

const linkKinds = { run: 'runs', cook: 'cooks', dataset: 'datasets', model: 'models' } as const;

/** Safe to repeat: what is linked stays linked once. */
export async function insertLinks(tenant: Tenant, incidentId: string, links: Links): Promise<void> {
  const rows = (['run', 'cook', 'dataset', 'model'] as const).flatMap((kind) =>
    links[linkKinds[kind]].map((target) => ({ incidentId, orgId: tenant.orgId, kind, target })),
  );
  if (rows.length === 0) return;
  await IncidentLinkRow.query(tenant.trx).insert(rows).onConflict(['incident_id', 'kind', 'target']).ignore();
}

export async function listLinks(tenant: Tenant, incidentId: string): Promise<Links> {
  const rows = await IncidentLinkRow.query(tenant.trx).where({ orgId: tenant.orgId, incidentId }).orderBy('target');
  const links = structuredClone(noLinks);
  for (const { kind, target } of rows) links[linkKinds[kind]].push(target);
  return links;
}

export async function listIncidents(
  tenant: Tenant,
  { limit, after }: PageQuery,
  filter: Readonly<Partial<Record<'state' | 'severity' | 'kind' | 'agentProfileId' | 'runId', string | undefined>>>,
): Promise<readonly Incident[]> {
  const query = incidents(tenant);
  const { runId, ...columns } = filter;
  for (const [name, value] of Object.entries(columns)) if (value !== undefined) void query.where(name, value);
  if (runId !== undefined)
    void query.whereIn(
      'id',
      IncidentLinkRow.query(tenant.trx).where({ kind: 'run', target: runId }).select('incidentId'),
    );
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** The incidents of a run: those linked to it, and those of its agent. Oldest first. */
export async function listIncidentsOf(
  tenant: Tenant,
  run: { readonly id: string; readonly agentProfileId: string | null },
): Promise<readonly Pick<Incident, 'id' | 'severity' | 'state'>[]> {
  return incidents(tenant)
    .where((either) => {
      void either.whereIn(
        'id',
        IncidentLinkRow.query(tenant.trx)
          .where({ orgId: tenant.orgId, kind: 'run', target: run.id })
          .select('incidentId'),
      );
      if (run.agentProfileId !== null) void either.orWhere('agentProfileId', run.agentProfileId);
    })
    .orderBy('id')
    .limit(1000)
    .select('id', 'severity', 'state');
}

/** Incidents whose workflow does not know them as they are, the gravest first: started, changed or lost behind its back. */
export async function listUnattended(
  system: System,
  limit: number,
): Promise<readonly { readonly id: string; readonly orgId: string }[]> {
  return IncidentRow.query(system.trx)
    .whereRaw('attended_version < version')
    .orderBy(['severity', 'id'])
    .limit(limit)
    .select('id', 'orgId');
}

const measured = z.object({
  rows: z.array(
    z.object({
      severity: z.enum(severities),
      opened: z.number(),
      open: z.number(),
      counts: z.tuple([z.number(), z.number(), z.number()]),
      medians: z.tuple([z.number().nullable(), z.number().nullable(), z.number().nullable()]),
      p90s: z.tuple([z.number().nullable(), z.number().nullable(), z.number().nullable()]),
    }),
  ),
});
export type Measured = z.output<typeof measured>['rows'][number];

/** Seconds from detection to each step, by severity, for incidents detected in a time; false alarms are left out. */
export async function measureIncidents(tenant: Tenant, from: Date, to: Date): Promise<readonly Measured[]> {
  const steps = ['acknowledged_at', 'mitigated_at', 'resolved_at'];
  const each = (write: (step: string) => string): string => `json_build_array(${steps.map(write).join(', ')})`;
  const took = (step: string): string => `extract(epoch from ${step} - detected_at)`;
  const share = (p: string): string => each((step) => `percentile_cont(${p}) within group (order by ${took(step)})`);
  const answer: unknown = await tenant.trx.raw(
    `select severity, count(*)::int as opened,
       count(*) filter (where state not in ('resolved', 'closed'))::int as open,
       ${each((step) => `count(${step})`)} as counts, ${share('0.5')} as medians, ${share('0.9')} as p90s
     from incidents where org_id = :org and detected_at >= :from and detected_at < :to and state <> 'cancelled'
     group by severity order by severity`,
    { org: tenant.orgId, from, to },
  );
  return measured.parse(answer).rows;
}
