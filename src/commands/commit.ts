import type { OrgActor } from '../auth/actor.js';
import type { Database, Tenant } from '../db/database.js';
import type { RequestInfo } from '../http/define-route.js';
import { plainCommand } from '../http/idempotency.js';
import { Refusal } from '../kernel/refusals.js';
import { commandActor } from './actor.js';
import type { CommittedCommand } from './apply.js';
import type { CommandDurable } from './durable.js';
import { readApplied, stageCommand, type AppliedCommand } from './store.js';

export interface CommitDeps {
  readonly database: Database;
  readonly commands: CommandDurable;
  readonly publicUrl: string;
}
interface Commit {
  readonly name: CommittedCommand;
  readonly actor: OrgActor;
  readonly request: RequestInfo;
  /** The part of the request that makes it the same request again. */
  readonly body: unknown;
  readonly payload: unknown;
  /** The id that the object will have, unless an earlier staging drew one. */
  readonly subjectId: string;
  /** Refuses early what the transaction would refuse; not asked for a command that was applied already. */
  precheck(tenant: Tenant): Promise<void>;
}
type Committed =
  | { readonly kind: 'applied'; readonly status: number; readonly result: unknown; readonly replayed: boolean }
  | { readonly kind: 'pending'; readonly location: string };

/**
 * Stages a command in Postgres, has the core worker commit it, and answers from Postgres. The same Idempotency-Key gets
 * the same answer, whatever crashed in between.
 */
export async function commitThrough(deps: CommitDeps, commit: Commit): Promise<Committed> {
  const { name, actor, request, body, payload, subjectId } = commit;
  const { commandId, requestHash } = plainCommand(actor, name, request, body);
  const earlier = await deps.database.tenant(actor.orgId, async (tenant) => {
    const { applied } = await stageCommand(tenant, {
      commandId,
      kind: name,
      subjectId,
      requestHash,
      actor: commandActor(actor, request),
      payload,
    });
    if (!applied) await commit.precheck(tenant);
    return applied;
  });
  if (earlier) return answered(earlier, true);
  const delivery = await deps.commands.commit(name, { orgId: actor.orgId, commandId });
  const applied = await readApplied(deps.database, actor.orgId, commandId);
  if (applied) return answered(applied, false);
  if (delivery === 'accepted') return { kind: 'pending', location: `${deps.publicUrl}/operations/${commandId}` };
  if (delivery === 'done') throw new Error(`commitThrough: command ${commandId} is done but not applied`);
  throw new Refusal('unavailable', 'The command was not confirmed in time.', { retry_after: 2 });
}

const answered = ({ status, result }: AppliedCommand, replayed: boolean): Committed => ({
  kind: 'applied',
  status,
  result,
  replayed,
});
