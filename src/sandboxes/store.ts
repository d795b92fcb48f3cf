import { inTenant, type Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { MembershipRow, OrgRow } from '../orgs/model.js';
import { findOrg, insertOrg } from '../orgs/store.js';

async function findSandbox({ trx, orgId }: Tenant): Promise<string | undefined> {
  return (await OrgRow.query(trx).findOne({ sandboxOf: orgId }).select('id'))?.id;
}

/**
 * The sandbox of an organization, made at the first test key. Safe to repeat and in parallel: the organization's row is
 * locked, and it has at most one.
 */
export async function ensureSandbox(tenant: Tenant): Promise<string> {
  await OrgRow.query(tenant.trx).findById(tenant.orgId).forUpdate().throwIfNotFound();
  const existing = await findSandbox(tenant);
  if (existing !== undefined) return existing;
  const { name } = await findOrg(tenant);
  const id = newId('org');
  await inTenant(tenant, id, (sandbox) => insertOrg(sandbox, { name: `${name} (sandbox)`, sandboxOf: tenant.orgId }));
  await mirrorMembers(tenant);
  return id;
}

/** People and keys of a sandbox are kept in the organization it belongs to. */
export async function requireNoSandbox(tenant: Tenant): Promise<void> {
  const { sandboxOf } = await findOrg(tenant);
  if (sandboxOf !== null)
    throw new Refusal('invalid_transition', `This is a sandbox: do this in its organization, ${sandboxOf}.`);
}

/** Gives the sandbox, if there is one, the same people in the same roles. Called after every change of a member. */
export async function mirrorMembers(tenant: Tenant): Promise<void> {
  const sandboxId = await findSandbox(tenant);
  if (sandboxId === undefined) return;
  const members = await MembershipRow.query(tenant.trx).where({ orgId: tenant.orgId });
  await inTenant(tenant, sandboxId, async ({ trx, orgId }) => {
    await MembershipRow.query(trx)
      .where({ orgId })
      .whereNotIn(
        'userId',
        members.map(({ userId }) => userId),
      )
      .delete();
    for (const { userId, role, approver, version } of members)
      await MembershipRow.query(trx)
        .insert({ orgId, userId, role, approver, version })
        .onConflict(['org_id', 'user_id'])
        .merge();
  });
}
