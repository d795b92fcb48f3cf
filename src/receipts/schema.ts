import { z } from 'zod';
import { idPattern } from '../kernel/ids.js';
import { annotationStatuses } from './kinds/annotation.js';

export const receiptParams = z.strictObject({ receipt_id: z.string().regex(idPattern('receipt')) });
export const annotateBody = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('revoked'),
    reason: z.string().min(1).max(500),
  }),
  z.strictObject({
    status: z.literal('superseded'),
    reason: z.string().min(1).max(500),
    replacement_id: z.string().regex(idPattern('receipt')),
  }),
]);
export const annotationView = z
  .strictObject({
    id: z.string(),
    receipt_id: z.string(),
    status: z.enum(annotationStatuses),
    at: z.iso.datetime(),
    replacement_id: z.string().nullable(),
    erased: z.array(z.string()).meta({ description: 'Pointers whose disclosures are gone.' }),
    minted_as: z.string().nullable().meta({ description: 'The receipt of this annotation; null until it is minted.' }),
  })
  .meta({ id: 'Annotation' });
export const annotationsView = z.strictObject({ data: z.array(annotationView) }).meta({ id: 'Annotations' });
export const receiptView = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    run_id: z.string(),
    sequence: z.int(),
    issued_at: z.iso.datetime(),
    payload_sha256: z.string(),
    key_id: z.string(),
    status: z.enum(['issued', 'superseded', 'revoked']),
    share_url: z.url(),
    ledger: z
      .strictObject({ origin: z.string(), index: z.int(), tree_size: z.int() })
      .nullable()
      .meta({ description: 'Null until the entry stands under a published checkpoint.' }),
    bundle: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'Receipt' });
/** What the mint command stores; the receipt itself is read with its newest proof. */
export const mintedResult = z.strictObject({ receipt_id: z.string() });
