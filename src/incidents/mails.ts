import type { Tenant } from '../db/database.js';
import { enqueueMail } from '../mail/store.js';
import { listMembers } from '../orgs/store.js';
import type { Incident } from './store.js';

type IncidentTemplate = 'incident_opened' | 'incident_escalation' | 'article73_reminder';

/** An incident that opened longer ago is no news: its people have heard of it, or it came with an older version. */
const NEWS_MS = 3_600_000;

/** Tells who is to look first that an incident opened. Safe to repeat: one mail per person and incident. */
export async function mailOpened(tenant: Tenant, incident: Incident, now: Date): Promise<void> {
  const { id, severity, kind, state, createdAt } = incident;
  if (severity === 'sev4' || (state !== 'triage' && state !== 'open')) return;
  if (createdAt.getTime() < now.getTime() - NEWS_MS) return;
  await mailIncident(tenant, incident, `opened:${id}`, 'incident_opened', 1, { severity, kind });
}

/** First the assignee, or who may approve where there is none; then the owners and admins too. */
export async function mailIncident(
  tenant: Tenant,
  incident: Incident,
  key: string,
  template: IncidentTemplate,
  level: number,
  params: Readonly<Record<string, string>>,
): Promise<void> {
  const members = await listMembers(tenant);
  const first = members.filter(({ userId, approver }) =>
    incident.assigneeId === null ? approver : userId === incident.assigneeId,
  );
  const leads = level > 1 ? members.filter(({ role }) => role === 'owner' || role === 'admin') : [];
  for (const { userId, email } of new Set([...first, ...leads]))
    await enqueueMail(tenant, {
      dedupeKey: `${key}:${userId}`,
      template,
      recipient: email,
      params: { incident_id: incident.id, ...params },
    });
}
