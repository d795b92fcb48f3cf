import { recordEvent } from '../audit-log/store.js';
import type { OrgActor } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import type { Tenant } from '../db/database.js';
import type { RequestInfo } from '../http/define-route.js';
import { Refusal } from '../kernel/refusals.js';
import { lockCook, patchCook, tellCook, type Cook } from './store.js';

/**
 * Asks the runner of a cook to leave a checkpoint: it hears of it with its next report, and the wish is gone when one
 * came. A row and nothing else, so no workflow is asked. Safe to repeat: a wish that stands is left.
 */
export async function askForCheckpoint(
  tenant: Tenant,
  { actor, request }: { readonly actor: OrgActor; readonly request: RequestInfo },
  cookId: string,
): Promise<Cook> {
  const cook = await lockCook(tenant, cookId);
  if (!cook) throw new Refusal('not_found', 'No such cook.');
  if (cook.currentAttemptId === null || cook.outcomeAttemptId !== null)
    throw new Refusal('invalid_transition', 'No runner is at this cook.', { current_state: cook.state, allowed: [] });
  if (cook.checkpointRequestedAt !== null) return cook;
  await tellCook(tenant, cookId, { kind: 'checkpoint_requested', attempt: cook.attempt });
  await recordEvent(tenant, {
    actor: commandActor(actor, request),
    action: 'cook.checkpoint_requested',
    target: cookId,
    runId: cook.runId,
  });
  return patchCook(tenant, cookId, { checkpointRequestedAt: new Date() });
}
