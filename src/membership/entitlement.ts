import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';

const answer = z.object({ rows: z.tuple([z.object({ entitled: z.boolean() })]) });

/** Whether the organization is a member now. One column and the clock of Postgres: right though a workflow is late. */
export async function isEntitled(tenant: Tenant): Promise<boolean> {
  const sql = `select exists (select 1 from paid_memberships where org_id = ? and access_until > now()) as entitled`;
  return answer.parse(await tenant.trx.raw(sql, [tenant.orgId])).rows[0].entitled;
}

/** Column E of the contract, after its gate: refuses an organization that is no member. */
export async function requireEntitled(tenant: Tenant): Promise<void> {
  if (!(await isEntitled(tenant)))
    throw new Refusal('membership_required', 'This needs a paid membership, and yours is not active.');
}
