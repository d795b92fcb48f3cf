import { raw } from 'objection';
import { enterTenant, type Outsider, type Tenant } from '../db/database.js';
import { ShareRow } from './model.js';
import type { ShareProfile } from './rules.js';

export interface Share {
  readonly id: string;
  readonly orgId: string;
  readonly receiptId: string;
  readonly profile: ShareProfile;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly maxViews: number | null;
  readonly views: number;
  readonly lastViewedOn: string | null;
  readonly edition: number;
  readonly pdfKey: string | null;
  readonly pdfSha256: string | null;
}

export async function insertShare(
  tenant: Tenant,
  share: {
    id: string;
    receiptId: string;
    tokenHash: string;
    profile: ShareProfile;
    createdBy: string;
    expiresAt?: Date | null;
    maxViews?: number | null;
  },
): Promise<Share> {
  return ShareRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...share })
    .returning('*');
}

/** The share that was made with a receipt. */
export async function findFirstShare(tenant: Tenant, receiptId: string): Promise<Share | undefined> {
  return ShareRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).orderBy('createdAt').first();
}

export async function findShare(tenant: Tenant, id: string): Promise<Share | undefined> {
  return ShareRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/** The shares of a receipt, newest first. */
export async function listShares(tenant: Tenant, receiptId: string): Promise<readonly Share[]> {
  return ShareRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).orderBy('id', 'desc').limit(200);
}

/** Safe to repeat: the first revocation stands. */
export async function revokeShare(tenant: Tenant, id: string, by: string): Promise<Share | undefined> {
  await ShareRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .whereNull('revokedAt')
    .patch({ revokedAt: raw('now()'), revokedBy: by });
  return findShare(tenant, id);
}

/** The share whose token the transaction holds; looked up by keyed hash, so time says nothing of the token. */
export async function findShareByToken(outsider: Outsider, tokenHash: string): Promise<Share | undefined> {
  return ShareRow.query(outsider.trx).findOne({ tokenHash });
}

/** Counts a view of an open share, by day. False when another reader took the last one in the meantime. */
export async function countView(outsider: Outsider, { id, orgId }: Share): Promise<boolean> {
  const tenant = await enterTenant(outsider, orgId);
  const counted = await ShareRow.query(tenant.trx)
    .where({ id, orgId })
    .where((open) => {
      void open.whereNull('maxViews').orWhereColumn('views', '<', 'maxViews');
    })
    .patch({ views: raw('views + 1'), lastViewedOn: raw('current_date') });
  return counted > 0;
}

/** Records the rendered PDF of an edition. The first one stands: a second rendering changes nothing. */
export async function recordPdf(
  tenant: Tenant,
  { id, edition }: Pick<Share, 'id' | 'edition'>,
  pdf: { key: string; sha256: string },
): Promise<void> {
  await ShareRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId, edition })
    .whereNull('pdfKey')
    .patch({ pdfKey: pdf.key, pdfSha256: pdf.sha256 });
}

/** Forgets the PDFs of a receipt, because it shows less now; says which objects are left to remove. */
export async function renewEditions(tenant: Tenant, receiptId: string): Promise<readonly string[]> {
  const printed = await ShareRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).whereNotNull('pdfKey');
  await ShareRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, receiptId })
    .patch({ pdfKey: null, pdfSha256: null, edition: raw('edition + 1') });
  return printed.flatMap(({ pdfKey }) => (pdfKey === null ? [] : [pdfKey]));
}
