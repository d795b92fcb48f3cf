import type { z } from 'zod';
import { lockCommand, recordApplied, type CommandActor } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { nextDeadline, type DeadlineFacts, type IncidentDeadline, type IncidentState } from './rules.js';
import { mailOpened } from './mails.js';
import { attend, findIncident, lockIncident, type Incident } from './store.js';

export interface IncidentRef {
  readonly orgId: string;
  readonly incidentId: string;
}
/** What a workflow knows of a command: ids only. The payload waits in Postgres. */
export interface IncidentCommandRef extends IncidentRef {
  readonly commandId: string;
}
/** What a workflow keeps of an incident: a cache of the row, refreshed by every activity. Times in Unix ms. */
export interface IncidentSnapshot {
  readonly incidentId: string;
  readonly state: IncidentState;
  readonly version: number;
  readonly now: number;
  readonly deadline: IncidentDeadline | null;
}
/** One command inside its transaction: the incident is locked, the payload checked. */
export interface IncidentStep<P> {
  readonly tenant: Tenant;
  readonly incident: Incident;
  readonly actor: CommandActor;
  readonly payload: P;
  readonly now: Date;
}
export interface IncidentEffect {
  readonly incident: Incident;
  readonly status: number;
  readonly result: unknown;
  /** Entry of the audit log; left out when nothing changed. */
  readonly action?: string;
}

export const deadlineFacts = (incident: Incident): DeadlineFacts => ({
  state: incident.state,
  severity: incident.severity,
  changedAt: incident.changedAt.getTime(),
  escalations: incident.escalations,
  article73: incident.article73Class && {
    kind: incident.article73Class,
    awarenessAt: (incident.awarenessAt ?? incident.detectedAt).getTime(),
  },
  reportedAt: incident.reportedAt?.getTime() ?? null,
  reminders: incident.reminders,
});

export const snapshotOf = (incident: Incident, now: Date): IncidentSnapshot => ({
  incidentId: incident.id,
  state: incident.state,
  version: incident.version,
  now: now.getTime(),
  deadline: nextDeadline(deadlineFacts(incident)),
});

/**
 * Applies one command as one transaction: the effect, the audit log and the stored answer commit together. Safe to
 * repeat at any point: a delivery that finds the command applied changes nothing.
 */
export async function applyIncidentCommand<S extends z.ZodType>(
  database: Database,
  ref: IncidentCommandRef,
  schema: S,
  effect: (step: IncidentStep<z.output<S>>) => Promise<IncidentEffect>,
): Promise<IncidentSnapshot> {
  return database.tenant(ref.orgId, async (tenant) => {
    const locked = await lockCommand(tenant, ref.commandId);
    if (!locked) throw new Refusal('not_found', 'This command was never staged.');
    const incident = await requireIncident(tenant, ref.incidentId);
    const now = new Date();
    if (locked.isApplied) return snapshotOf(incident, now);
    const { command } = locked;
    const payload = schema.parse(command.payload);
    const done = await effect({ tenant, incident, actor: command.actor, payload, now });
    const event = done.action === undefined ? undefined : { action: done.action, target: incident.id };
    await recordApplied(tenant, command, { status: done.status, result: done.result }, event);
    return snapshotOf(done.incident, now);
  });
}

async function requireIncident(tenant: Tenant, id: string): Promise<Incident> {
  const incident = await lockIncident(tenant, id);
  if (!incident) throw new Refusal('not_found', 'No such incident.');
  return incident;
}

/** Reads an incident for its workflow, which thereby knows it as it is. */
export async function readSnapshot(
  database: Database,
  { orgId, incidentId }: IncidentRef,
): Promise<IncidentSnapshot | null> {
  return database.tenant(orgId, async (tenant) => {
    const incident = await findIncident(tenant, incidentId);
    if (!incident) return null;
    await mailOpened(tenant, incident, new Date());
    await attend(tenant, incident);
    return snapshotOf(incident, new Date());
  });
}
