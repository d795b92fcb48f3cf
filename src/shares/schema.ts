import { z } from 'zod';

export const shareParams = z.strictObject({ token: z.string().max(128) });
export const shareView = z
  .strictObject({
    receipt_id: z.string(),
    kind: z.string(),
    issued_at: z.iso.datetime(),
    profile: z.enum(['minimal', 'standard', 'full']),
    ledger: z.strictObject({ origin: z.string(), index: z.int(), tree_size: z.int(), integrated_at: z.iso.datetime() }),
    bundle: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Sigstore bundle v0.3: the same signed bytes in every share.' }),
    disclosures: z.array(z.string()).meta({ description: 'RFC 9901 disclosures that this share reveals.' }),
    fields: z.array(z.strictObject({ pointer: z.string(), state: z.enum(['disclosed', 'withheld', 'erased']) })),
    receipt: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The predicate with the disclosed fields in place.' }),
    links: z.strictObject({ pdf: z.url(), ledger: z.url(), trusted_root: z.url() }),
  })
  .meta({ id: 'SharedReceipt' });
