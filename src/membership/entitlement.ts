import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { standingNow } from './settle.js';
import { findMembership } from './store.js';
import { whyStanding } from './view.js';

const answer = z.object({ rows: z.tuple([z.object({ entitled: z.boolean() })]) });

/** Whether the organization is a member now. One column and the clock of Postgres: right though a workflow is late. */
export async function isEntitled(tenant: Tenant): Promise<boolean> {
  const sql = `select exists (select 1 from paid_memberships where org_id = ? and access_until > now()) as entitled`;
  return answer.parse(await tenant.trx.raw(sql, [tenant.orgId])).rows[0].entitled;
}

/** The same with its reason in a sentence, for who is refused and for lists that say so beforehand. */
export async function readStanding(tenant: Tenant): Promise<{ readonly entitled: boolean; readonly because: string }> {
  const entitled = await isEntitled(tenant);
  const membership = await findMembership(tenant);
  const because = membership ? standingNow(membership, new Date()).because : 'not_applied';
  return { entitled, because: whyStanding(because) };
}

/** Column E of the contract, after its gate: refuses an organization that is no member, and says why it is none. */
export async function requireEntitled(tenant: Tenant): Promise<void> {
  const { entitled, because } = await readStanding(tenant);
  if (!entitled)
    throw new Refusal('membership_required', `This needs a paid membership, and yours is not active. ${because}`);
}
