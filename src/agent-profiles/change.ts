import { z } from 'zod';
import { recordEvent } from '../audit-log/store.js';
import type { OrgActor, Person } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { RequestInfo } from '../http/define-route.js';
import { requireMatch } from '../http/precondition.js';
import { Refusal } from '../kernel/refusals.js';
import { listFreezing } from '../incidents/freeze-store.js';
import { findIncident } from '../incidents/store.js';
import { insertWatchdog } from '../watchdogs/store.js';
import type { Tokens } from '../auth/tokens.js';
import { allowedStates, type ProfileState } from './rules.js';
import { snapshotSchema, type ProfilePatch, type Snapshot } from './schema.js';
import { changeProfile, insertProfile, lockProfile, type AgentProfile } from './store.js';
import { etagOf } from './view.js';

interface By<A = OrgActor> {
  readonly actor: A;
  readonly request: RequestInfo;
}

/** Registers an agent with its first snapshot and a watchdog that waits for a mode. */
export async function registerProfile(
  tenant: Tenant,
  tokens: Tokens,
  { state, ...snapshot }: Snapshot & { readonly state: ProfileState },
  { actor, request }: By,
): Promise<AgentProfile> {
  const id = newId('agentProfile');
  const profile = await insertProfile(tenant, { id, snapshot, state, createdBy: actor.userId });
  await insertWatchdog(tenant, tokens, id);
  await tell(tenant, { actor, request }, 'agent_profile.registered', profile);
  return profile;
}

/** Changes a profile under its ETag: other content is a new snapshot, a state moves by the table. */
export async function editProfile(
  tenant: Tenant,
  profileId: string,
  patch: ProfilePatch,
  { actor, request }: By,
): Promise<AgentProfile> {
  const profile = await requireProfile(tenant, profileId);
  requireMatch(request, etagOf(profile.version));
  const state = requireMove(profile.state, z.string().optional().parse(patch['state']));
  const changed = await changeProfile(tenant, profile, {
    snapshot: merge(profile.snapshot, patch),
    state,
    by: actor.userId,
  });
  await tell(tenant, { actor, request }, 'agent_profile.changed', changed);
  return changed;
}

/** Lets a locked agent work again: an approver, a resolved incident of the agent, and none that still freezes it. */
export async function unlockProfile(
  tenant: Tenant,
  profileId: string,
  incidentId: string,
  { actor, request }: By<Person>,
): Promise<AgentProfile> {
  const profile = await requireProfile(tenant, profileId);
  if (profile.state !== 'locked')
    throw new Refusal('invalid_transition', `The agent is ${profile.state}, not locked.`, {
      current_state: profile.state,
      allowed: allowedStates(profile.state),
    });
  const incident = await findIncident(tenant, incidentId);
  if (incident?.agentProfileId !== profileId) throw new Refusal('not_found', 'No such incident of this agent.');
  const open = await listFreezing(tenant, [profileId]);
  const isResolved = incident.state === 'resolved' || incident.state === 'closed';
  if (!isResolved || open.length > 0)
    throw new Refusal(
      'incident_unresolved',
      `Unresolved: ${[...new Set([...open, ...(isResolved ? [] : [incidentId])])].join(', ')}.`,
    );
  if (actor.role === 'admin' && incident.resolvedBy === actor.userId)
    throw new Refusal('second_person', 'An admin who resolved the incident does not unlock the agent.');
  const changed = await changeProfile(tenant, profile, {
    snapshot: profile.snapshot,
    state: 'active',
    by: actor.userId,
  });
  await tell(tenant, { actor, request }, 'agent_profile.unlocked', changed);
  return changed;
}

async function requireProfile(tenant: Tenant, id: string): Promise<AgentProfile> {
  const profile = await lockProfile(tenant, id);
  if (!profile) throw new Refusal('not_found', 'No such agent profile.');
  return profile;
}

function requireMove(from: ProfileState, to: string | undefined): ProfileState {
  if (to === undefined || to === from) return from;
  const allowed = allowedStates(from);
  const target = allowed.find((state) => state === to);
  if (target) return target;
  const how = from === 'locked' ? ' A person unlocks it: POST /agent-profiles/{profile_id}/unlock.' : '';
  throw new Refusal('invalid_transition', `An agent that is ${from} cannot become ${to}.${how}`, {
    current_state: from,
    allowed,
  });
}

/** The snapshot with the fields of a patch: null takes one out. */
function merge(snapshot: Snapshot, { state: _state, ...patch }: ProfilePatch): Snapshot {
  const fields: Readonly<Record<string, unknown>> = { ...snapshot, ...patch };
  const merged = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  const result = snapshotSchema.safeParse(merged);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, code, message }) => ({
    path: `/${path.map(String).join('/')}`,
    code,
    message,
  }));
  throw new Refusal('invalid_request', 'The changed profile is not valid.', { errors });
}

const tell = (tenant: Tenant, { actor, request }: By, action: string, profile: AgentProfile): Promise<void> =>
  recordEvent(tenant, {
    actor: commandActor(actor, request),
    action,
    target: profile.id,
    afterDigest: profile.snapshotDigest,
  });
