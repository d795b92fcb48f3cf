import type { Tenant } from '../db/database.js';
import type { DatasetStanding, RecipeFacts } from './rules.js';
import type { Recipe } from './schema.js';

/** What the catalogues of datasets and models say of the things that a recipe names. */
export interface Catalog {
  /** Whether the organization may train on a dataset now: a live grant, and a licence that allows it. */
  datasetStanding(tenant: Tenant, dataset: Recipe['datasets'][number]): Promise<DatasetStanding>;
  modelStanding(tenant: Tenant, model: Recipe['base_model']): Promise<RecipeFacts['model']>;
}

/** No catalogue knows anything: a recipe that names a dataset is refused, a model is taken as declared. */
export const emptyCatalog: Catalog = {
  datasetStanding: () => Promise.resolve('unknown'),
  modelStanding: () => Promise.resolve({ standing: 'unknown', contextTokens: null }),
};
