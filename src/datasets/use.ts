import type { Knex } from 'knex';
import { fitsPolicy } from '../training-policies/rules.js';
import { policyInForce } from '../training-policies/store.js';
import type { Tenant } from '../db/database.js';
import { findGrant, type Grant } from './grant-store.js';
import type { DatasetUse } from './rules.js';
import { findPackage } from './store.js';

export type UseAnswer =
  | { readonly ok: true; readonly grant: Grant; readonly policyVersion: string }
  | {
      readonly ok: false;
      readonly because: 'no_grant' | 'withdrawn' | 'licence_forbids' | 'policy_forbids' | 'no_assertion';
    };

/**
 * "May this organization use these bytes for this?": what a cook asks before it begins. The grant must be for this
 * version and this use and may be past, but not revoked; the licence and the policy in force must allow the use.
 */
export async function mayUseDataset(
  tenant: Tenant,
  wanted: { readonly grantId: string; readonly slug: string; readonly version: string; readonly use: DatasetUse },
): Promise<UseAnswer> {
  const no = (because: Extract<UseAnswer, { ok: false }>['because']): UseAnswer => ({ ok: false, because });
  const grant = await findGrant(tenant, wanted.grantId);
  if (grant?.slug !== wanted.slug || grant.version !== wanted.version) return no('no_grant');
  const found = await findPackage(tenant.trx, wanted.slug, wanted.version);
  if (!found || found.state === 'withdrawn') return no('withdrawn');
  if (grant.revokedAt || !grant.uses.includes(wanted.use)) return no('no_grant');
  const { licence, sensitive_personal } = found.package;
  if (licence.forbids.includes(wanted.use)) return no('licence_forbids');
  const { policy, version: policyVersion } = await policyInForce(trxOf(tenant));
  if (wanted.use === 'training' && !fitsPolicy(policy, licence.id)) return no('policy_forbids');
  if (wanted.use === 'training' && sensitive_personal === 'no_assertion') return no('no_assertion');
  return { ok: true, grant, policyVersion };
}

const trxOf = ({ trx }: Tenant): Knex => trx;
