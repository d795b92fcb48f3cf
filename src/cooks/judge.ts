import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findLargestVram } from '../runners/store.js';
import { findRunState } from '../runs/store.js';
import type { Catalog } from './catalog.js';
import { faultsOf, type RecipeFault } from './rules.js';
import type { Recipe } from './schema.js';

/** The kind of runner a recipe asks for. */
export const capabilityOf = ({ resources }: Recipe): string => resources.gpu_kinds[0] ?? 'cpu';

/** Gathers what is known from outside about a recipe, and asks the rule. */
export async function judge(
  tenant: Tenant,
  catalog: Catalog,
  runId: string,
  recipe: Recipe,
): Promise<readonly RecipeFault[]> {
  const run = await findRunState(tenant, runId);
  if (!run) throw new Refusal('not_found', 'No such run.');
  const datasets = [];
  for (const dataset of recipe.datasets) {
    const standing = await catalog.datasetStanding(tenant, dataset);
    datasets.push({ name: `${dataset.slug}@${dataset.version}`, standing });
  }
  return faultsOf(recipe, {
    runState: run.state,
    datasets,
    model: await catalog.modelStanding(tenant, recipe.base_model),
    largestVramGb: await findLargestVram(tenant, capabilityOf(recipe)),
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
