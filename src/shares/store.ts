import type { Outsider, Tenant } from '../db/database.js';
import { ShareRow } from './model.js';
import type { ShareProfile } from './rules.js';

export interface Share {
  readonly id: string;
  readonly orgId: string;
  readonly receiptId: string;
  readonly profile: ShareProfile;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly pdfKey: string | null;
  readonly pdfSha256: string | null;
}

export async function insertShare(
  tenant: Tenant,
  share: { id: string; receiptId: string; tokenHash: string; profile: ShareProfile; createdBy: string },
): Promise<Share> {
  return ShareRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...share })
    .returning('*');
}

/** The share that was made with a receipt. */
export async function findFirstShare(tenant: Tenant, receiptId: string): Promise<Share | undefined> {
  return ShareRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).orderBy('createdAt').first();
}

/** The share whose token the transaction holds; looked up by keyed hash, so time says nothing of the token. */
export async function findShareByToken(outsider: Outsider, tokenHash: string): Promise<Share | undefined> {
  return ShareRow.query(outsider.trx).findOne({ tokenHash });
}

/** Records the rendered PDF. The first one stands: a second rendering changes nothing. */
export async function recordPdf(tenant: Tenant, id: string, pdf: { key: string; sha256: string }): Promise<void> {
  await ShareRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .whereNull('pdfKey')
    .patch({ pdfKey: pdf.key, pdfSha256: pdf.sha256 });
}
