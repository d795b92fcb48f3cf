import type { CommandActor } from '../commands/store.js';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findMembership } from '../orgs/store.js';
import { findProfile } from '../agent-profiles/store.js';
import { findCook } from '../cooks/store.js';
import { findPackage } from '../datasets/store.js';
import { findRunState } from '../runs/store.js';
import type { IncidentStep } from './apply.js';
import { freeze, thaw } from './freeze-store.js';
import { allowedMoves, freezes, isReopening, mayMove, timesFault, type IncidentState } from './rules.js';
import { detailsSchema, type ChangePayload, type Links } from './schema.js';
import { appendEvent, insertLinks, listLinks, moveIncident, type Incident, type IncidentPatch } from './store.js';
import { etagOf } from './view.js';

/** Changes a locked incident as its caller wishes; everything that changed is on the timeline, with who did it. */
export async function changeIncident(step: IncidentStep<ChangePayload>): Promise<Incident> {
  const { tenant, incident, actor, payload, now } = step;
  if (payload.if_match !== '*' && payload.if_match !== etagOf(incident))
    throw new Refusal('precondition_failed', `The incident is at ${etagOf(incident)}.`);
  await requireKnown(tenant, payload);
  const fields = fieldsOf(incident, payload, now);
  const moved = requireMove({ ...incident, ...fields }, payload, actor, now);
  const patch = { ...fields, ...moved };
  const next = { ...incident, ...patch };
  requireOrder(next, now);
  if (payload.links) await insertLinks(tenant, incident.id, payload.links);
  const changed = await moveIncident(tenant, incident, patch, { isAttended: true });
  await settleFreeze(tenant, incident, changed);
  const who = { kind: actor.kind, id: actor.id };
  const { if_match: _match, state: _state, reason, ...told } = payload;
  if (Object.keys(told).length > 0)
    await appendEvent(tenant, incident.id, { at: now, kind: 'changed', actor: who, body: told });
  if (changed.state !== incident.state) {
    const body = { from: incident.state, to: changed.state, ...(reason === undefined ? {} : { reason }) };
    const kind = isReopening(incident.state, changed.state) ? 'reopened' : changed.state;
    await appendEvent(tenant, incident.id, { at: now, kind, actor: who, body });
  }
  return changed;
}

/** Refuses what names people, agents or runs that the organization does not have. */
export async function requireKnown(
  tenant: Tenant,
  named: { assignee_id?: string | undefined; agent_profile_id?: string | undefined; links?: Links | undefined },
): Promise<void> {
  const { assignee_id: assignee, agent_profile_id: profile, links } = named;
  if (assignee !== undefined && !(await findMembership(tenant, assignee)))
    throw new Refusal('unknown_person', 'The assignee is no member of the organization.');
  if (profile !== undefined && !(await findProfile(tenant, profile)))
    throw new Refusal('not_found', 'No such agent profile.');
  for (const run of links?.runs ?? [])
    if (!(await findRunState(tenant, run))) throw new Refusal('not_found', `No such run: ${run}.`);
  for (const cook of links?.cooks ?? [])
    if (!(await findCook(tenant, cook))) throw new Refusal('not_found', `No such cook: ${cook}.`);
  for (const slug of links?.datasets ?? [])
    if (!(await findPackage(tenant.trx, slug))) throw new Refusal('not_found', `No such dataset: ${slug}.`);
}

const dateOf = (time: string | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));
function fieldsOf(incident: Incident, payload: ChangePayload, now: Date): IncidentPatch {
  const detailNames = Object.keys(detailsSchema.shape);
  const details = detailsSchema.parse({
    ...incident.details,
    ...Object.fromEntries(
      Object.entries(payload).filter(([name, value]) => detailNames.includes(name) && value !== undefined),
    ),
  });
  const isOther = payload.severity !== undefined && payload.severity !== incident.severity;
  const times = {
    occurredAt: dateOf(payload.occurred_at),
    awarenessAt: dateOf(payload.awareness_at),
    disclosedAt: dateOf(payload.disclosed_at),
    acknowledgedAt: incident.acknowledgedAt ? dateOf(payload.acknowledged_at) : undefined,
    mitigatedAt: incident.mitigatedAt ? dateOf(payload.mitigated_at) : undefined,
    resolvedAt: incident.resolvedAt ? dateOf(payload.resolved_at) : undefined,
    reportedAt: dateOf(payload.reported_at),
  };
  const clock = payload.article73 === undefined ? undefined : (payload.article73?.class ?? null);
  return Object.fromEntries(
    Object.entries({
      details,
      ...times,
      title: payload.title,
      severity: payload.severity,
      rootCause: payload.root_cause,
      assigneeId: payload.assignee_id,
      article73Class: clock,
      // Another severity has another patience, from now on; another clock reminds from its beginning.
      ...(isOther ? { changedAt: now, escalations: 0 } : {}),
      ...(clock === undefined || clock === incident.article73Class ? {} : { reminders: 0 }),
    }).filter(([, value]) => value !== undefined),
  );
}

function requireMove(incident: Incident, payload: ChangePayload, actor: CommandActor, now: Date): IncidentPatch {
  const to = payload.state;
  if (to === undefined || to === incident.state) return {};
  const verdict = mayMove({
    from: incident.state,
    to,
    severity: incident.severity,
    rootCause: incident.rootCause,
    resolvedBy: incident.resolvedBy,
    hasReason: payload.reason !== undefined,
    actor: { isPerson: actor.kind === 'person', id: actor.id, role: actor.role },
  });
  if (!verdict.ok)
    throw new Refusal(verdict.because, verdict.message, {
      current_state: incident.state,
      allowed: allowedMoves(incident.state, incident.severity),
    });
  return { state: to, changedAt: now, escalations: 0, ...timesOf(to, incident, payload, actor, now) };
}

/** What reaching a state notes, and what going back takes away again; the timeline keeps both. */
function timesOf(
  to: IncidentState,
  incident: Incident,
  payload: ChangePayload,
  actor: CommandActor,
  now: Date,
): IncidentPatch {
  switch (to) {
    case 'triage':
    case 'cancelled':
      return {};
    case 'open':
      return { acknowledgedAt: null, mitigatedAt: null, resolvedAt: null, resolvedBy: null, closedAt: null };
    case 'acknowledged': {
      const mine = incident.assigneeId ?? (actor.kind === 'person' ? actor.id : null);
      return { acknowledgedAt: dateOf(payload.acknowledged_at) ?? now, assigneeId: mine };
    }
    case 'mitigated':
      return { mitigatedAt: dateOf(payload.mitigated_at) ?? now };
    case 'resolved':
      return { resolvedAt: dateOf(payload.resolved_at) ?? now, resolvedBy: actor.id };
    case 'closed':
      return { closedAt: now };
  }
}

const ms = (time: Date | null): number | null => time?.getTime() ?? null;

/** Refuses times that contradict each other. */
export function requireOrder(
  times: Pick<
    Incident,
    | 'occurredAt'
    | 'detectedAt'
    | 'acknowledgedAt'
    | 'mitigatedAt'
    | 'resolvedAt'
    | 'closedAt'
    | 'awarenessAt'
    | 'disclosedAt'
    | 'reportedAt'
  >,
  now: Date,
): void {
  const fault = timesFault(
    {
      occurredAt: times.occurredAt.getTime(),
      detectedAt: times.detectedAt.getTime(),
      acknowledgedAt: ms(times.acknowledgedAt),
      mitigatedAt: ms(times.mitigatedAt),
      resolvedAt: ms(times.resolvedAt),
      closedAt: ms(times.closedAt),
      awarenessAt: ms(times.awarenessAt),
      disclosedAt: ms(times.disclosedAt),
      reportedAt: ms(times.reportedAt),
    },
    now.getTime(),
  );
  if (fault !== null) throw new Refusal('times_not_monotonic', `${fault}.`);
}

/** A critical incident that is open freezes all it is linked to, new links too; once it is neither, nothing. */
async function settleFreeze(tenant: Tenant, before: Incident, after: Incident): Promise<void> {
  const { orgId } = tenant;
  if (freezes(after.state, after.severity)) {
    const { runs } = await listLinks(tenant, after.id);
    const subjects = after.agentProfileId === null ? runs : [...runs, after.agentProfileId];
    await freeze(
      tenant.trx,
      subjects.map((subjectId) => ({ orgId, incidentId: after.id, subjectId })),
    );
  } else if (freezes(before.state, before.severity)) await thaw(tenant, after.id);
}
