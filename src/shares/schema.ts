import { z } from 'zod';
import { idPattern } from '../kernel/ids.js';
import { shareProfiles } from './rules.js';

export const shareParams = z.strictObject({ token: z.string().max(128) });
export const ownShareParams = z.strictObject({ share_id: z.string().regex(idPattern('share')) });
export const createShareBody = z.strictObject({
  profile: z.enum(shareProfiles).default('standard').meta({
    description: 'minimal: the core alone. standard: names of the work, not of people. full: everything not erased.',
  }),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  max_views: z.int().min(1).max(1_000_000).optional(),
});
export const ownShareView = z
  .strictObject({
    id: z.string(),
    receipt_id: z.string(),
    profile: z.enum(shareProfiles),
    state: z.enum(['active', 'expired', 'revoked']),
    url: z.url().nullable().meta({ description: 'Null once the share is closed.' }),
    views: z.int(),
    max_views: z.int().nullable(),
    last_viewed_on: z.iso.date().nullable(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    pdf_sha256: z.string().nullable(),
  })
  .meta({ id: 'Share' });
export const ownSharesView = z.strictObject({ data: z.array(ownShareView) }).meta({ id: 'Shares' });
export const eraseBody = z.strictObject({
  pointers: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(500)
    .meta({ description: 'Pointers listed under redaction.fields of the receipt.' }),
  reason: z.string().min(1).max(500),
});
const fieldView = z.strictObject({ pointer: z.string(), state: z.enum(['disclosed', 'withheld', 'erased']) });
export const erasureView = z
  .strictObject({ receipt_id: z.string(), erased: z.int(), fields: z.array(fieldView) })
  .meta({ id: 'Erasure' });
export const shareView = z
  .strictObject({
    receipt_id: z.string(),
    kind: z.string(),
    issued_at: z.iso.datetime(),
    profile: z.enum(shareProfiles),
    sandbox: z
      .boolean()
      .meta({ description: 'A sandbox tried this out: it proves nothing, and no public log has it.' }),
    ledger: z.strictObject({ origin: z.string(), index: z.int(), tree_size: z.int(), integrated_at: z.iso.datetime() }),
    bundle: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Sigstore bundle v0.3: the same signed bytes in every share.' }),
    disclosures: z.array(z.string()).meta({ description: 'RFC 9901 disclosures that this share reveals.' }),
    fields: z.array(fieldView),
    receipt: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The predicate with the disclosed fields in place.' }),
    status: z.enum(['issued', 'superseded', 'revoked']),
    annotations: z
      .array(
        z.strictObject({
          status: z.enum(['superseded', 'revoked', 'erased']),
          at: z.iso.datetime(),
          receipt_id: z.string().nullable(),
          bundle: z.record(z.string(), z.unknown()).nullable(),
        }),
      )
      .meta({ description: 'What became of the receipt, each as a signed entry of its own once that is logged.' }),
    superseded_by: z
      .string()
      .nullable()
      .meta({ description: 'The newer receipt of the same subject, where there is one.' }),
    links: z.strictObject({
      pdf: z.url(),
      ledger: z.url().nullable().meta({ description: 'Null for what a sandbox tried out.' }),
      trusted_root: z.url(),
    }),
  })
  .meta({ id: 'SharedReceipt' });
