import { z } from 'zod';
import type { EngineDataset, EnginePin } from '../../src/checks/frozen.js';
import { findGrantsFor, type Grant } from '../../src/datasets/grant-store.js';
import { datasetUses, grantState } from '../../src/datasets/rules.js';
import { findPackage } from '../../src/datasets/store.js';
import type { Tenant } from '../../src/db/database.js';
import { cardFiles } from '../../src/models/card.js';
import { listRunPins } from '../../src/models/pin-store.js';
import { findRevision } from '../../src/models/store.js';
import type { Run } from '../../src/runs/store.js';
import type { Submission } from '../../src/submissions/store.js';
import { fitsPolicy } from '../../src/training-policies/rules.js';
import { policyInForce, type PublishedPolicy } from '../../src/training-policies/store.js';

/** What a run says it uses, under `datasets` of its inputs. */
const declaredSchema = z
  .array(
    z.looseObject({
      slug: z.string(),
      version: z.string(),
      sha256: z.string(),
      use: z.enum(datasetUses),
    }),
  )
  .max(100);
type Declared = z.output<typeof declaredSchema>[number];

export interface Provenance {
  readonly pin: EnginePin | null;
  readonly datasets: readonly EngineDataset[];
}

/** Reads which model a run is pinned to and which datasets it declares, with what the catalogs say of them now. */
export async function readProvenance(
  tenant: Tenant,
  run: Run,
  submission: Submission | undefined,
): Promise<Provenance> {
  return { pin: await readPin(tenant, run, submission), datasets: await readDatasets(tenant, run) };
}

/** Of several pins the one that the submission names, else the newest: a run mostly has one. */
async function readPin(tenant: Tenant, run: Run, submission: Submission | undefined): Promise<EnginePin | null> {
  const pins = await listRunPins(tenant, run.id);
  const pin = pins.find(({ slug }) => slug === submission?.model?.name) ?? pins.at(-1);
  if (!pin) return null;
  const [newest] = await findRevision(tenant.trx, pin.slug, pin.revision);
  return {
    slug: pin.slug,
    revision: pin.revision,
    card_sha256: pin.cardSha256,
    files: pin.files.map(({ sha256 }) => sha256),
    catalog: newest
      ? {
          card_sha256: newest.sha256,
          files: cardFiles(newest.card).map(({ sha256 }) => sha256),
          withdrawn: newest.state === 'withdrawn',
        }
      : null,
  };
}

async function readDatasets(tenant: Tenant, { inputs }: Run): Promise<readonly EngineDataset[]> {
  if (inputs['datasets'] === undefined) return [];
  const { data: declared } = declaredSchema.safeParse(inputs['datasets']);
  if (!declared) return [unknown('inputs.datasets, which cannot be read', '', 'training')];
  const grants = await findGrantsFor(tenant, declared);
  const policy = await policyInForce(tenant.trx);
  const datasets: EngineDataset[] = [];
  for (const one of declared) datasets.push(await readDataset(tenant, one, grants, policy));
  return datasets;
}

async function readDataset(
  tenant: Tenant,
  { slug, version, sha256, use }: Declared,
  grants: readonly Grant[],
  { policy }: PublishedPolicy,
): Promise<EngineDataset> {
  const id = `${slug}@${version}`;
  const found = await findPackage(tenant.trx, slug, version);
  if (!found) return unknown(id, sha256, use);
  const now = new Date();
  const mine = grants.filter((grant) => grant.slug === slug && grant.version === version && grant.uses.includes(use));
  const grant = mine.find(({ revokedAt }) => revokedAt === null) ?? mine[0];
  const { licence, sensitive_personal } = found.package;
  return {
    id,
    sha256,
    use,
    grant: grant ? { sha256: grant.manifestRoot, state: grantState(grant, now) } : null,
    licence: { id: licence.id, forbids: licence.forbids },
    fits_policy: use !== 'training' || fitsPolicy(policy, licence.id),
    sensitive_personal,
  };
}

/** A dataset the catalog does not have: nothing was granted and nothing is known, which the rules flag. */
const unknown = (id: string, sha256: string, use: EngineDataset['use']): EngineDataset => ({
  id,
  sha256,
  use,
  grant: null,
  licence: { id: 'unknown', forbids: [] },
  fits_policy: false,
  sensitive_personal: 'no_assertion',
});
