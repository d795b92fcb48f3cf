import type { Tenant } from '../db/database.js';
import { mayUseDataset } from '../datasets/use.js';
import { findPin } from '../models/pin-store.js';
import { findModel, findRevision } from '../models/store.js';
import type { DatasetStanding, RecipeFacts } from './rules.js';
import type { Recipe } from './schema.js';

/** Whether the organization may train on a dataset now: a grant of these bytes for it, a licence and a policy that allow it. */
export async function datasetStanding(tenant: Tenant, dataset: Recipe['datasets'][number]): Promise<DatasetStanding> {
  const { grant_id: grantId, slug, version, sha256 } = dataset;
  if (grantId === undefined) return 'no_grant';
  const answer = await mayUseDataset(tenant, { grantId, slug, version, use: 'training' });
  if (answer.ok) return answer.grant.manifestRoot === sha256 ? 'granted' : 'unknown';
  switch (answer.because) {
    case 'withdrawn':
    case 'no_grant':
      return answer.because;
    case 'licence_forbids':
    case 'policy_forbids':
    case 'no_assertion':
      return 'licence_forbids_training';
  }
}

/** Whether the pin that a recipe names is this organization's, and of this model. */
export async function pinStanding(
  tenant: Tenant,
  { pin_id: id, slug, revision }: Recipe['base_model'],
): Promise<RecipeFacts['pin']> {
  if (id === undefined) return 'none';
  const pin = await findPin(tenant, id);
  if (!pin) return 'unknown';
  return pin.slug === slug && pin.revision === revision ? 'matches' : 'differs';
}

/** What the catalog knows of a base model; one that it does not have is taken as declared. */
export async function modelStanding(
  tenant: Tenant,
  { slug, revision }: Recipe['base_model'],
): Promise<RecipeFacts['model']> {
  const [exact] = await findRevision(tenant.trx, slug, revision);
  const found = exact ?? (await findModel(tenant.trx, slug));
  if (!found) return { standing: 'unknown', contextTokens: null };
  const standing = exact?.state === 'withdrawn' ? 'withdrawn' : 'listed';
  return { standing, contextTokens: found.card.architecture.context };
}
