import type { Delivery } from '../adapters/temporal.js';
import type { OrgActor } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import { commandIdOf, requestHashOf } from '../commands/identity.js';
import { readApplied, stageCommand, type AppliedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { RequestInfo } from '../http/define-route.js';
import { Refusal } from '../kernel/refusals.js';
import type { Answer } from '../runs/command.js';
import type { IncidentCommandRef } from './apply.js';
import type { IncidentCommandName, IncidentDurable } from './durable.js';
import type { OpenPayload } from './schema.js';
import { findIncident } from './store.js';

export interface IncidentCommandDeps {
  readonly database: Database;
  readonly incidents: IncidentDurable;
  readonly publicUrl: string;
}
interface Given {
  readonly actor: OrgActor;
  readonly request: RequestInfo;
  readonly body: unknown;
}

/** Opens an incident under the id drawn at the first staging, so that a repeated request joins the same one. */
export async function openIncident(
  deps: IncidentCommandDeps,
  given: Given & { readonly payload: Omit<OpenPayload, 'incident_id'> },
): Promise<Answer> {
  const incidentId = newId('incident');
  const payload = { ...given.payload, incident_id: incidentId };
  const command = { ...given, kind: 'open_incident', subjectId: incidentId, payload };
  const id = commandId(command, 'open_incident');
  const { subjectId, applied } = await staging(deps, given.actor.orgId, (tenant) => stage(tenant, command, id, null));
  if (applied) return answered(applied, true);
  const ref = { commandId: id, orgId: given.actor.orgId, incidentId: subjectId };
  return conclude(deps, ref, await deps.incidents.open(ref));
}

/** Gives an incident a command: staged in Postgres, sent as a workflow update, answered from Postgres. */
export async function giveIncident(
  deps: IncidentCommandDeps,
  command: Given & { readonly incidentId: string; readonly name: IncidentCommandName; readonly payload: unknown },
): Promise<Answer> {
  const { incidentId, name, actor } = command;
  const id = commandId(command, `${name} ${incidentId}`);
  const applied = await staging(deps, actor.orgId, async (tenant) => {
    if (!(await findIncident(tenant, incidentId))) throw new Refusal('not_found', 'No such incident.');
    return (await stage(tenant, { ...command, kind: name, subjectId: incidentId }, id, incidentId)).applied;
  });
  if (applied) return answered(applied, true);
  const ref = { commandId: id, orgId: actor.orgId, incidentId };
  return conclude(deps, ref, await deps.incidents.give(name, ref));
}

const commandId = ({ actor, request }: Given, operation: string): string =>
  commandIdOf(actor, operation, request.idempotencyKey ?? request.requestId);

/** Losing a staged command with a crashing server loses nothing: its caller has no answer yet and sends it again. */
const staging = <T>(
  { database }: IncidentCommandDeps,
  orgId: string,
  work: (tenant: Tenant) => Promise<T>,
): Promise<T> => database.tenant(orgId, work, { durable: false });

function stage(
  tenant: Tenant,
  command: Given & { readonly kind: string; readonly subjectId: string; readonly payload: unknown },
  id: string,
  hashedSubject: string | null,
): ReturnType<typeof stageCommand> {
  const { actor, request, kind, subjectId, payload, body } = command;
  const plain: unknown = JSON.parse(JSON.stringify(body ?? null));
  return stageCommand(tenant, {
    commandId: id,
    kind,
    subjectId,
    requestHash: requestHashOf({ kind, subjectId: hashedSubject, body: plain }),
    actor: commandActor(actor, request),
    payload,
  });
}

const answered = ({ status, result }: AppliedCommand, replayed: boolean): Answer => ({
  kind: 'applied',
  status,
  result,
  replayed,
});

/** Postgres says what happened; Temporal only said how the delivery went. */
async function conclude(
  { database, publicUrl }: IncidentCommandDeps,
  ref: IncidentCommandRef,
  delivery: Delivery,
): Promise<Answer> {
  const applied = await readApplied(database, ref.orgId, ref.commandId);
  if (applied) return answered(applied, false);
  switch (delivery) {
    case 'accepted':
      return { kind: 'pending', location: `${publicUrl}/operations/${ref.commandId}` };
    case 'done':
      throw new Error(`conclude: command ${ref.commandId} is done but not applied`);
    case 'closed':
    case 'missing':
    case 'unknown':
      throw new Refusal('unavailable', 'The command was not confirmed in time.', { retry_after: 2 });
  }
}
