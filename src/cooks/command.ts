import type { Delivery } from '../adapters/temporal.js';
import type { OrgActor } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import { commandIdOf, requestHashOf } from '../commands/identity.js';
import { readApplied, stageCommand, type AppliedCommand } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { RequestInfo } from '../http/define-route.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import type { CookTimes } from '../runners/lease.js';
import type { Answer } from '../runs/command.js';
import type { CookCommandRef, CookTerms } from './apply.js';
import type { Catalog } from './catalog.js';
import type { CookDurable } from './durable.js';
import { capabilityOf, requireCookable } from './judge.js';
import { isOver, priorityKeyOf, queueOf } from './rules.js';
import type { Recipe } from './schema.js';
import { findCook, type Cook } from './store.js';

export interface CookCommandDeps {
  readonly database: Database;
  readonly cooks: CookDurable;
  readonly catalog: Catalog;
  readonly cookTimes: CookTimes;
  readonly publicUrl: string;
}
interface Given {
  readonly actor: OrgActor;
  readonly request: RequestInfo;
}

/** SHA-256 of the canonical recipe, which everybody can compute again. */
export const recipeDigest = ({ config_sha256: _declared, ...recipe }: Recipe): string => {
  const plain: unknown = JSON.parse(JSON.stringify(recipe));
  return requestHashOf(plain);
};

/** Where a recipe waits. */
export const queueOfRecipe = (recipe: Recipe): string => queueOf(capabilityOf(recipe), recipe.runner_labels);

/** What a cook's workflow is told of its recipe. */
export const termsOf = (
  { recipe, queue, priority }: Pick<Cook, 'recipe' | 'queue' | 'priority'>,
  times: CookTimes,
): CookTerms => ({
  queue,
  priorityKey: priorityKeyOf(priority),
  leaseSeconds: times.leaseSeconds,
  queueSeconds: times.queueSeconds,
  attemptSeconds: Math.ceil(recipe.resources.max_hours * 3600),
  retrySeconds: times.retrySeconds,
});

/** Requests a cook under the id drawn at the first staging, so that a repeated request joins the same cook. */
export async function requestCook(
  deps: CookCommandDeps,
  { actor, request, runId, recipe }: Given & { readonly runId: string; readonly recipe: Recipe },
): Promise<Answer> {
  const id = commandIdOf(actor, `request_cook ${runId}`, request.idempotencyKey ?? request.requestId);
  requireDeclaredDigest(recipe);
  const payload = { ...recipe, cook_id: newId('cook'), run_id: runId };
  const requestHash = requestHashOf({ kind: 'request_cook', runId, body: canonicalJson(strip(recipe)) });
  const { subjectId, applied } = await staging(deps, actor.orgId, async (tenant) => {
    const staged = await stageCommand(tenant, {
      commandId: id,
      kind: 'request_cook',
      subjectId: payload.cook_id,
      requestHash,
      actor: commandActor(actor, request),
      payload,
    });
    if (!staged.applied) await requireCookable(tenant, deps.catalog, runId, recipe);
    return staged;
  });
  if (applied) return answered(applied, true);
  const ref: CookCommandRef = { commandId: id, orgId: actor.orgId, cookId: subjectId };
  const terms = termsOf({ recipe, queue: queueOfRecipe(recipe), priority: recipe.priority }, deps.cookTimes);
  return conclude(deps, ref, await deps.cooks.request(ref, terms));
}

/** Asks a cook to stop. A queued one is cancelled in the same transaction; a running one hears of it at its next report. */
export async function cancelCook(
  deps: CookCommandDeps,
  { actor, request, cookId }: Given & { readonly cookId: string },
): Promise<Answer> {
  const id = commandIdOf(actor, `cancel_cook ${cookId}`, request.idempotencyKey ?? request.requestId);
  const { cook, applied } = await staging(deps, actor.orgId, async (tenant) => {
    const found = await findCook(tenant, cookId);
    if (!found) throw new Refusal('not_found', 'No such cook.');
    const staged = await stageCommand(tenant, {
      commandId: id,
      kind: 'cancel_cook',
      subjectId: cookId,
      requestHash: requestHashOf({ kind: 'cancel_cook', cookId }),
      actor: commandActor(actor, request),
      payload: {},
    });
    if (!staged.applied) requireCancellable(found);
    return { cook: found, applied: staged.applied };
  });
  if (applied) return answered(applied, true);
  const ref: CookCommandRef = { commandId: id, orgId: actor.orgId, cookId };
  return conclude(deps, ref, await deps.cooks.cancel(ref, termsOf(cook, deps.cookTimes)));
}

/** A cook that is over, or whose runner's report was accepted, is no longer anybody's to cancel. */
export function requireCancellable({ state, outcomeAttemptId }: Pick<Cook, 'state' | 'outcomeAttemptId'>): void {
  if (!isOver(state) && outcomeAttemptId === null) return;
  const why = isOver(state) ? `The cook is ${state}.` : 'The outcome of this cook was reported already.';
  throw new Refusal('invalid_transition', why, { current_state: state, allowed: [] });
}

function requireDeclaredDigest(recipe: Recipe): void {
  if (recipe.config_sha256 === undefined || recipe.config_sha256 === recipeDigest(recipe)) return;
  throw new Refusal('hash_mismatch', 'config_sha256 is not the digest of this recipe.');
}

const strip = (value: unknown): unknown => {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return plain;
};

/** Losing a staged command with a crashing server loses nothing: its caller has no answer yet and sends it again. */
const staging = <T>({ database }: CookCommandDeps, orgId: string, work: (tenant: Tenant) => Promise<T>): Promise<T> =>
  database.tenant(orgId, work, { durable: false });

const answered = ({ status, result }: AppliedCommand, replayed: boolean): Answer => ({
  kind: 'applied',
  status,
  result,
  replayed,
});

/** Postgres says what happened; Temporal only said how the delivery went. */
async function conclude(
  { database, publicUrl }: CookCommandDeps,
  ref: CookCommandRef,
  delivery: Delivery,
): Promise<Answer> {
  const applied = await readApplied(database, ref.orgId, ref.commandId);
  if (applied) return answered(applied, false);
  if (delivery === 'accepted') return { kind: 'pending', location: `${publicUrl}/operations/${ref.commandId}` };
  if (delivery === 'done') throw new Error(`conclude: command ${ref.commandId} is done but not applied`);
  if (delivery === 'unknown')
    throw new Refusal('unavailable', 'The command was not confirmed in time.', { retry_after: 2 });
  throw new Refusal('invalid_transition', 'This cook is closed.');
}
