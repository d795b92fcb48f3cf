import { raw } from 'objection';
import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { DatasetGrantRow } from './model.js';
import { WINDOW_MS, type DatasetUse, type quotas, type Spent } from './rules.js';
import type { GrantedFile } from './store.js';

export interface Grant {
  readonly id: string;
  readonly slug: string;
  readonly version: string;
  readonly manifestRoot: string;
  readonly files: readonly GrantedFile[];
  readonly purpose: string;
  readonly uses: readonly DatasetUse[];
  readonly licenceSha256: string;
  readonly policyVersion: string;
  /** Who the quota counts: the key, or the person who had none. */
  readonly principal: string;
  readonly grantedTo: string;
  readonly keyId: string | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly maxRedemptions: number;
  readonly redemptions: number;
  readonly redeemedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBecause: string | null;
  readonly receiptId: string;
}
type NewGrant = Omit<Grant, 'redemptions' | 'redeemedAt' | 'revokedAt' | 'revokedBecause'>;

export async function insertGrant(tenant: Tenant, { files, uses, ...grant }: NewGrant): Promise<Grant> {
  return DatasetGrantRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...grant, files: [...files], uses: [...uses] })
    .returning('*');
}

export async function findGrant(tenant: Tenant, id: string): Promise<Grant | undefined> {
  return DatasetGrantRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/** Counts one issue of links, if the grant is still good for one; undefined when it is not. */
export async function redeemGrant(tenant: Tenant, id: string): Promise<Grant | undefined> {
  const [grant] = await DatasetGrantRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId, revokedAt: null })
    .whereRaw('expires_at > now() and redemptions < max_redemptions')
    .patch({ redemptions: raw('redemptions + 1'), redeemedAt: raw('now()') })
    .returning('*');
  return grant;
}

/** Ends a grant. Safe to repeat: the first reason stays. */
export async function revokeGrant(tenant: Tenant, id: string, because: string): Promise<Grant | undefined> {
  await DatasetGrantRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId, revokedAt: null })
    .patch({ revokedAt: raw('now()'), revokedBecause: because });
  return findGrant(tenant, id);
}

const spentSchema = z.array(
  z.object({
    used: z.number(),
    oldest: z.date().nullable(),
    mine: z.number(),
    oldest_mine: z.date().nullable(),
  }),
);

/** What the organization and one principal spent in the window that ends now. Exact only under the sequence lock. */
export async function readSpent(
  { trx, orgId }: Tenant,
  principal: string,
  now: Date,
): Promise<Readonly<Record<keyof typeof quotas, Spent>>> {
  const { rows } = z.object({ rows: spentSchema }).parse(
    await trx.raw(
      `select count(*)::int as used, min(issued_at) as oldest,
         count(*) filter (where principal = :principal)::int as mine,
         min(issued_at) filter (where principal = :principal) as oldest_mine
       from dataset_grants where org_id = :orgId and issued_at > :since`,
      { orgId, principal, since: new Date(now.getTime() - WINDOW_MS) },
    ),
  );
  const row = rows[0];
  return {
    organization: { used: row?.used ?? 0, oldest: row?.oldest?.getTime() ?? null },
    principal: { used: row?.mine ?? 0, oldest: row?.oldest_mine?.getTime() ?? null },
  };
}

export async function listGrants(
  tenant: Tenant,
  { limit, after }: PageQuery,
  slug: string | undefined,
): Promise<readonly Grant[]> {
  const query = DatasetGrantRow.query(tenant.trx).where({ orgId: tenant.orgId });
  if (slug !== undefined) void query.where({ slug });
  if (after) void query.whereRaw('(issued_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'issuedAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** The newest grants of the organization for the given versions of packages: what an audit and a cook ask about. */
export async function findGrantsFor(
  tenant: Tenant,
  datasets: readonly { readonly slug: string; readonly version: string }[],
): Promise<readonly Grant[]> {
  if (datasets.length === 0) return [];
  return DatasetGrantRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn(
      ['slug', 'version'],
      datasets.map(({ slug, version }) => [slug, version]),
    )
    .orderBy('issuedAt', 'desc')
    .limit(1000);
}
