import { createHash } from 'node:crypto';
import type { Tenant } from '../db/database.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import type { IncidentReceiptFacts } from '../receipts/kinds/incident.js';
import { article73Deadline } from './rules.js';
import { listLinks, listTimeline, type Incident } from './store.js';
import { showEvent } from './view.js';

/** What the receipt of an incident says, read as it is now; the timeline stands in it by digest. */
export async function receiptFacts(
  tenant: Tenant,
  incident: Incident,
  stage: IncidentReceiptFacts['stage'],
): Promise<IncidentReceiptFacts> {
  const timeline = (await listTimeline(tenant, incident.id)).map(showEvent);
  const { article73Class, awarenessAt, detectedAt, details } = incident;
  const deadline = article73Class && article73Deadline(article73Class, (awarenessAt ?? detectedAt).getTime());
  return {
    stage,
    incidentId: incident.id,
    kind: incident.kind,
    severity: incident.severity,
    source: incident.source,
    state: incident.state,
    occurredAt: incident.occurredAt.toISOString(),
    detectedAt: detectedAt.toISOString(),
    closedAt: incident.closedAt?.toISOString() ?? null,
    response: details.response ?? 'none',
    reportable: {
      article73: article73Class !== null,
      class: article73Class,
      deadlineAt: deadline === null ? null : new Date(deadline).toISOString(),
    },
    harm: details.harm ?? null,
    timeline: { sha256: createHash('sha256').update(canonicalJson(timeline)).digest('hex'), entries: timeline.length },
    title: incident.title,
    rootCause: incident.rootCause,
    actions: details.actions ?? [],
    agentProfile: incident.agentProfileId,
    runs: (await listLinks(tenant, incident.id)).runs,
  };
}
