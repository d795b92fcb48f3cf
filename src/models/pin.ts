import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findRunState } from '../runs/store.js';
import { mayPin } from './rules.js';
import type { PinPayload } from './schema.js';
import { findModel, type CatalogModel } from './store.js';

/** The model that a pin may be made of now; refuses what is gone, withdrawn, or not the card that was read. */
export async function requirePinnable(
  { trx }: Tenant,
  { slug, cardSha256, revision }: Pick<PinPayload, 'slug' | 'cardSha256' | 'revision'>,
): Promise<CatalogModel> {
  const model = await findModel(trx, slug);
  if (!model) throw new Refusal('not_found', 'No such model.');
  if (!mayPin(model.state))
    throw new Refusal('model_withdrawn', `${slug} was withdrawn: ${model.because ?? 'no reason given'}.`);
  if (model.sha256 !== cardSha256)
    throw new Refusal('precondition_failed', `The card of ${slug} is not the one you read.`);
  if (revision !== null && revision !== model.revision)
    throw new Refusal('precondition_failed', `The catalog has revision ${model.revision} of ${slug}.`);
  return model;
}

/** A run that may still be pinned to a model: of this organization, and not over. */
export function requireOpenRun(run: Awaited<ReturnType<typeof findRunState>>): void {
  if (!run) throw new Refusal('not_found', 'No such run.');
  if (['receipted', 'cancelled', 'superseded'].includes(run.state))
    throw new Refusal('invalid_transition', `The run is ${run.state}; its pins are sealed.`, {
      current_state: run.state,
      allowed: [],
    });
}

export async function requireRunForPin(tenant: Tenant, runId: string | null): Promise<void> {
  if (runId !== null) requireOpenRun(await findRunState(tenant, runId));
}
