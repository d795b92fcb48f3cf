import type { z } from 'zod';
import type { ShareDocument } from './assemble.js';
import type { shareView } from './schema.js';
import type { Share } from './store.js';

export function showShare(
  share: Share,
  document: ShareDocument,
  place: { publicUrl: string; token: string; logId: string },
): z.input<typeof shareView> {
  const { receipt, proven, bundle, disclosures, fields, predicate } = document;
  const { publicUrl, token, logId } = place;
  return {
    receipt_id: receipt.id,
    kind: receipt.kind,
    issued_at: receipt.issuedAt.toISOString(),
    profile: share.profile,
    ledger: {
      origin: logId,
      index: proven.logged.index,
      tree_size: proven.treeSize,
      integrated_at: proven.integratedAt.toISOString(),
    },
    bundle,
    disclosures: [...disclosures],
    fields: fields.map((field) => ({ ...field })),
    receipt: predicate,
    links: {
      pdf: `${publicUrl}/share/${token}/pdf`,
      ledger: `${publicUrl}/ledger/entries/${String(proven.logged.index)}`,
      trusted_root: `${publicUrl}/.well-known/defendablecloud/trusted_root.json`,
    },
  };
}
