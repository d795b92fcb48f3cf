import { z } from 'zod';
import type { Delivery } from '../adapters/temporal.js';
import type { OrgActor } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import { commandIdOf, requestHashOf } from '../commands/identity.js';
import { readApplied, stageCommand, type AppliedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import type { RequestInfo } from '../http/define-route.js';
import { Refusal } from '../kernel/refusals.js';
import { requireTransition } from './apply.js';
import type { RunCommandRef } from './apply.js';
import type { RunDurable } from './durable.js';
import type { RunEvent } from './rules.js';
import { findRunState } from './store.js';

export const pendingView = z.strictObject({ operation: z.url(), state: z.literal('pending') }).meta({ id: 'Pending' });

export interface RunCommandDeps {
  readonly database: Database;
  readonly runs: RunDurable;
  readonly publicUrl: string;
}
interface Given {
  readonly actor: OrgActor;
  readonly request: RequestInfo;
  /** The part of the request that makes it the same request again. */
  readonly body: unknown;
  /** What the command carries; ids drawn here are kept by the first staging. */
  readonly payload: unknown;
}
export interface RunCommand extends Given {
  readonly event: RunEvent;
  readonly runId: string;
}
/** The stored answer of a command, or the place to ask for it later. */
export type Answer =
  | { readonly kind: 'applied'; readonly status: number; readonly result: unknown; readonly replayed: boolean }
  | { readonly kind: 'pending'; readonly location: string };

/**
 * Gives a run a command: staged in Postgres, sent as a workflow update, answered from Postgres. The same
 * Idempotency-Key gets the same answer, whatever crashed in between.
 */
export async function giveCommand(deps: RunCommandDeps, command: RunCommand): Promise<Answer> {
  const { actor, event, runId } = command;
  const ref: RunCommandRef = { commandId: commandId(command, `${event} ${runId}`), orgId: actor.orgId, runId };
  const earlier = await staging(deps, actor.orgId, async (tenant) => {
    const state = await findRunState(tenant, runId);
    if (!state) throw new Refusal('not_found', 'No such run.');
    const { applied } = await stage(tenant, command, ref.commandId, event, runId);
    if (!applied) requireTransition(state, event);
    return applied;
  });
  if (earlier) return answered(earlier, true);
  return conclude(deps, ref, await deps.runs.give(event, ref));
}

/** Opens a run under the id drawn at the first staging, so that a repeated request joins the same run. */
export async function openRun(
  deps: RunCommandDeps,
  given: Given & { readonly runId: string; readonly projectId: string },
): Promise<Answer> {
  const id = commandId(given, 'open');
  const { subjectId, applied } = await staging(deps, given.actor.orgId, (tenant) =>
    stage(tenant, given, id, 'open', given.runId),
  );
  if (applied) return answered(applied, true);
  const ref: RunCommandRef = { commandId: id, orgId: given.actor.orgId, runId: subjectId };
  return conclude(deps, ref, await deps.runs.open(ref, given.projectId));
}

const commandId = ({ actor, request }: Given, operation: string): string =>
  commandIdOf(actor, operation, request.idempotencyKey ?? request.requestId);

/** Losing a staged command with a crashing server loses nothing: its caller has no answer yet and sends it again. */
const staging = <T>({ database }: RunCommandDeps, orgId: string, work: (tenant: Tenant) => Promise<T>): Promise<T> =>
  database.tenant(orgId, work, { durable: false });

function stage(
  tenant: Tenant,
  { actor, request, body, payload }: Given,
  id: string,
  kind: string,
  subjectId: string,
): ReturnType<typeof stageCommand> {
  const requestHash = requestHashOf({ kind, subjectId: kind === 'open' ? null : subjectId, body: body ?? null });
  return stageCommand(tenant, {
    commandId: id,
    kind,
    subjectId,
    requestHash,
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
  { database, publicUrl }: RunCommandDeps,
  ref: RunCommandRef,
  delivery: Delivery,
): Promise<Answer> {
  const applied = await readApplied(database, ref.orgId, ref.commandId);
  if (applied) return answered(applied, false);
  switch (delivery) {
    case 'accepted':
      return { kind: 'pending', location: `${publicUrl}/operations/${ref.commandId}` };
    case 'closed':
    case 'missing':
      throw new Refusal('invalid_transition', 'This run is closed.');
    case 'done':
      throw new Error(`conclude: command ${ref.commandId} is done but not applied`);
    case 'unknown':
      throw new Refusal('unavailable', 'The command was not confirmed in time.', { retry_after: 2 });
  }
}

/** A body, or word of an operation still under way. */
export const orPending = <S extends z.ZodType>(schema: S): z.ZodUnion<readonly [S, typeof pendingView]> =>
  z.union([schema, pendingView]);

/** Writes an answer: the stored body under its status, or 202 with the operation's address. */
export function reply<S extends z.ZodType>(
  answer: Answer,
  schema: S,
): { body: z.output<S> | z.output<typeof pendingView>; status: number; headers: Record<string, string> } {
  if (answer.kind === 'pending') {
    return {
      body: { operation: answer.location, state: 'pending' },
      status: 202,
      headers: { Location: answer.location },
    };
  }
  return {
    body: schema.parse(answer.result),
    status: answer.status,
    headers: answer.replayed ? { 'Idempotency-Replayed': 'true' } : {},
  };
}
