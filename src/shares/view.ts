import type { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import { isSandboxLog } from '../ledger/sandbox-log.js';
import type { ShareDocument } from './assemble.js';
import type { StoredDisclosure } from '../receipts/store.js';
import { shareState } from './rules.js';
import type { erasureView, ownShareView, shareView } from './schema.js';
import type { Share } from './store.js';

export function showShare(
  share: Share,
  document: ShareDocument,
  place: { publicUrl: string; token: string },
): z.input<typeof shareView> {
  const { receipt, proven, bundle, disclosures, fields, predicate } = document;
  const { publicUrl, token } = place;
  const sandbox = isSandboxLog(proven.logId);
  return {
    receipt_id: receipt.id,
    kind: receipt.kind,
    issued_at: receipt.issuedAt.toISOString(),
    profile: share.profile,
    sandbox,
    ledger: {
      origin: proven.logId,
      index: proven.logged.index,
      tree_size: proven.treeSize,
      integrated_at: proven.integratedAt.toISOString(),
    },
    bundle,
    disclosures: [...disclosures],
    fields: fields.map((field) => ({ ...field })),
    receipt: { ...predicate },
    status: document.status,
    annotations: document.annotations.map(({ annotation, bundle: own }) => ({
      status: annotation.status,
      at: annotation.createdAt.toISOString(),
      receipt_id: annotation.mintedAs,
      bundle: own && { ...own },
    })),
    superseded_by: document.supersededBy,
    links: {
      pdf: `${publicUrl}/share/${token}/pdf`,
      ledger: sandbox ? null : `${publicUrl}/ledger/entries/${String(proven.logged.index)}`,
      trusted_root: `${publicUrl}/.well-known/defendablecloud/${sandbox ? 'sandbox_' : ''}trusted_root.json`,
    },
  };
}

/** A share as its organization sees it; the link is shown to those who may share, and only while it works. */
export function showOwnShare(
  share: Share,
  { tokens, publicUrl }: { readonly tokens: Tokens; readonly publicUrl: string },
): z.input<typeof ownShareView> {
  const state = shareState(share, new Date());
  return {
    id: share.id,
    receipt_id: share.receiptId,
    profile: share.profile,
    state,
    url: state === 'active' ? `${publicUrl}/share/${tokens.issue('share', share.id)}` : null,
    views: share.views,
    max_views: share.maxViews,
    last_viewed_on: share.lastViewedOn,
    expires_at: share.expiresAt?.toISOString() ?? null,
    revoked_at: share.revokedAt?.toISOString() ?? null,
    created_by: share.createdBy,
    created_at: share.createdAt.toISOString(),
    pdf_sha256: share.pdfSha256,
  };
}

export const showErasure = (
  receiptId: string,
  erased: number,
  fields: readonly StoredDisclosure[],
): z.input<typeof erasureView> => ({
  receipt_id: receiptId,
  erased,
  fields: fields.map(({ pointer, disclosure }) => ({ pointer, state: disclosure === null ? 'erased' : 'withheld' })),
});
