import type { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { listReceiptsOf } from '../receipts/store.js';
import { deadlineFacts } from './apply.js';
import { allowedMoves, article73Deadline, nextDeadline } from './rules.js';
import type { eventView, incidentDetailView, incidentView } from './schema.js';
import { listLinks, listTimeline, type Incident, type IncidentEvent } from './store.js';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function showIncident(incident: Incident): z.input<typeof incidentView> {
  const { article73Class, awarenessAt, detectedAt } = incident;
  const next = nextDeadline(deadlineFacts(incident));
  return {
    id: incident.id,
    title: incident.title,
    kind: incident.kind,
    severity: incident.severity,
    source: incident.source,
    state: incident.state,
    allowed: [...allowedMoves(incident.state, incident.severity)],
    version: incident.version,
    dedup_key: incident.dedupKey,
    occurrences: incident.occurrences,
    agent_profile_id: incident.agentProfileId,
    assignee_id: incident.assigneeId,
    ...incident.details,
    root_cause: incident.rootCause,
    occurred_at: incident.occurredAt.toISOString(),
    detected_at: detectedAt.toISOString(),
    awareness_at: iso(awarenessAt),
    disclosed_at: iso(incident.disclosedAt),
    acknowledged_at: iso(incident.acknowledgedAt),
    mitigated_at: iso(incident.mitigatedAt),
    resolved_at: iso(incident.resolvedAt),
    closed_at: iso(incident.closedAt),
    article73: article73Class && {
      class: article73Class,
      deadline_at: new Date(article73Deadline(article73Class, (awarenessAt ?? detectedAt).getTime())).toISOString(),
      reported_at: iso(incident.reportedAt),
    },
    next_deadline: next && { kind: next.kind, at: new Date(next.at).toISOString() },
    escalations: incident.escalations,
    created_at: incident.createdAt.toISOString(),
    updated_at: incident.updatedAt.toISOString(),
  };
}

export const showEvent = ({ at, kind, actor, body }: IncidentEvent): z.input<typeof eventView> => ({
  at: at.toISOString(),
  kind,
  actor: { ...actor },
  body: { ...body },
});

/** An incident, whole: what it is linked to, its timeline and its receipts. */
export async function showIncidentDetail(
  tenant: Tenant,
  incident: Incident,
): Promise<z.input<typeof incidentDetailView>> {
  const receipts = await listReceiptsOf(tenant, 'incident', incident.id);
  return {
    ...showIncident(incident),
    links: await listLinks(tenant, incident.id),
    timeline: (await listTimeline(tenant, incident.id)).map(showEvent),
    receipts: receipts.map(({ id, occasion, issuedAt }) => ({ id, occasion, issued_at: issuedAt.toISOString() })),
  };
}

export const etagOf = ({ version }: Pick<Incident, 'version'>): string => `"${String(version)}"`;
