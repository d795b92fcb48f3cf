import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findLargestVram } from '../runners/store.js';
import { findRunState } from '../runs/store.js';
import { findPolicy } from '../training-policies/store.js';
import { datasetStanding, modelStanding, pinStanding } from './catalog.js';
import { capabilityOf, faultsOf, kindsOf, type RecipeFault } from './rules.js';
import type { Recipe } from './schema.js';

/** Gathers what is known from outside about a recipe, and asks the rule. */
export async function judge(tenant: Tenant, runId: string, recipe: Recipe): Promise<readonly RecipeFault[]> {
  const run = await findRunState(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  const datasets = [];
  for (const dataset of recipe.datasets) {
    const standing = await datasetStanding(tenant, dataset);
    datasets.push({ name: `${dataset.slug}@${dataset.version}`, standing });
  }
  const baseline = recipe.eval?.baseline_run_id;
  return faultsOf(recipe, {
    knowsPolicy: (await findPolicy(tenant.trx, recipe.data_policy_ack)) !== undefined,
    knowsBaseline: baseline === undefined || (await findRunState(tenant, baseline)) !== undefined,
    pin: await pinStanding(tenant, recipe.base_model),
    runState: run.state,
    datasets,
    model: await modelStanding(tenant, recipe.base_model),
    largestVramGb: await findLargestVram(tenant, kindsOf(capabilityOf(recipe))),
  });
}

/** Refuses a recipe by its gravest fault and names them all. */
export async function requireCookable(...given: Parameters<typeof judge>): Promise<void> {
  const faults = await judge(...given);
  const [first] = faults;
  if (!first) return;
  const errors = faults.map(({ path, code, message }) => ({ path, code, message }));
  throw new Refusal(first.code, first.message, { errors });
}
