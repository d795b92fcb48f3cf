import { requestHashOf } from '../commands/identity.js';
import { readApplied, stageCommand, type AppliedCommand, type CommandActor } from '../commands/store.js';
import type { Database } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import type { Answer } from '../runs/command.js';
import type { MembershipDurable } from './durable.js';
import type { MembershipCommand } from './rules.js';

export interface MembershipCommandDeps {
  readonly database: Database;
  readonly memberships: MembershipDurable;
  readonly publicUrl: string;
}
export interface MembershipOrder {
  readonly orgId: string;
  readonly command: MembershipCommand;
  readonly commandId: string;
  readonly subjectId: string;
  readonly actor: CommandActor;
  /** The part of the request that makes it the same request again. */
  readonly body: unknown;
  /** What the command carries; ids drawn here are kept by the first staging. */
  readonly payload: unknown;
}

/**
 * Gives a membership a command: staged in Postgres, sent as a workflow update, answered from Postgres. The same command
 * id gets the same answer, whatever crashed in between.
 */
export async function giveMembershipCommand(deps: MembershipCommandDeps, order: MembershipOrder): Promise<Answer> {
  const { orgId, command, commandId, subjectId, actor, body, payload } = order;
  const staged = {
    commandId,
    kind: `membership_${command}`,
    subjectId,
    requestHash: requestHashOf({ command, body }),
    actor,
    payload,
  };
  const { applied } = await deps.database.tenant(orgId, (tenant) => stageCommand(tenant, staged), { durable: false });
  if (applied) return answered(applied, true);
  const delivery = await deps.memberships.give(command, { orgId, commandId });
  const now = await readApplied(deps.database, orgId, commandId);
  if (now) return answered(now, false);
  if (delivery === 'accepted') return { kind: 'pending', location: `${deps.publicUrl}/operations/${commandId}` };
  throw new Refusal('unavailable', 'The command was not confirmed in time.', { retry_after: 2 });
}

const answered = ({ status, result }: AppliedCommand, replayed: boolean): Answer => ({
  kind: 'applied',
  status,
  result,
  replayed,
});
