import { z } from 'zod';
import { idPattern } from '../kernel/ids.js';

export const receiptParams = z.strictObject({ receipt_id: z.string().regex(idPattern('receipt')) });
export const receiptView = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    run_id: z.string(),
    sequence: z.int(),
    issued_at: z.iso.datetime(),
    payload_sha256: z.string(),
    key_id: z.string(),
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
