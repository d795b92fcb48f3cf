import type { Actor } from '../auth/actor.js';
import { commandIdOf } from '../commands/identity.js';
import type { CommandActor } from '../commands/store.js';
import type { RequestInfo } from '../http/define-route.js';
import { Refusal } from '../kernel/refusals.js';
import { giveMembershipCommand, type MembershipCommandDeps } from '../membership/command.js';
import type { Answer } from '../runs/command.js';
import { findBySlug } from './store.js';
import { showApplication } from './view.js';

/** Who decides for the platform: a person of its own, or the holder of an internal key. */
export function deskActor(actor: Exclude<Actor, { kind: 'key' }>, request: RequestInfo): CommandActor {
  const id = actor.kind === 'person' ? actor.userId : actor.keyId;
  const { requestId, network } = request;
  return { kind: 'system', id, role: 'system', approver: false, authTime: '', requestId, network };
}

/**
 * Decides an application, for both doors. The same decision again, through either, is answered with the application as
 * it is; the command's name holds the decision and not the decider, so that two at once are one.
 */
export async function decideOnApplication(
  deps: MembershipCommandDeps,
  order: {
    readonly slug: string;
    readonly decision: 'approved' | 'rejected';
    readonly note: string | undefined;
    readonly actor: CommandActor;
  },
): Promise<Answer> {
  const { slug, decision, note, actor } = order;
  const application = await deps.database.system((system) => findBySlug(system, slug));
  if (!application) throw new Refusal('not_found', 'No such application.');
  if (application.state === decision)
    return { kind: 'applied', status: 200, result: showApplication(application), replayed: true };
  const { id, orgId, decidedAt } = application;
  const operation = `${decision} ${id} after ${decidedAt?.toISOString() ?? 'nothing'}`;
  return giveMembershipCommand(deps, {
    orgId,
    command: decision === 'approved' ? 'approve' : 'reject',
    commandId: commandIdOf({ orgId, userId: 'desk' }, operation, 'once'),
    subjectId: id,
    actor,
    body: null,
    payload: { application_id: id, decided_by: actor.id, note: note ?? null },
  });
}
