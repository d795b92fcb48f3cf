import { z } from 'zod';

export const ledgerQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.coerce.number().int().min(0).optional().meta({ description: 'Entries before this index.' }),
  org: z.string().max(64).optional().meta({ description: 'Alias of an organization.' }),
  kind: z.string().max(40).optional(),
});
export const entryView = z
  .strictObject({
    index: z.int(),
    receipt_id: z.string(),
    kind: z.string(),
    org: z.string(),
    leaf_hash: z.string(),
    chain: z.string(),
    integrated_at: z.iso.datetime(),
  })
  .meta({ id: 'LedgerEntry' });
export const ledgerView = z
  .strictObject({
    origin: z.string(),
    size: z.int(),
    root: z.string(),
    chain: z.string(),
    checkpoint: z.string().nullable().meta({ description: 'The newest published checkpoint as a signed note.' }),
    data: z.array(entryView),
    next_cursor: z.int().nullable(),
  })
  .meta({ id: 'Ledger' });
export const entryDetailView = entryView
  .extend({ entry: z.string().meta({ description: 'The leaf, base64.' }) })
  .meta({ id: 'LedgerEntryDetail' });
export const verifyView = z
  .strictObject({
    ok: z.boolean(),
    origin: z.string(),
    size: z.int(),
    root: z.string(),
    checkpoint_size: z.int(),
    checked: z.strictObject({ leaves: z.int(), tiles: z.int(), signatures: z.int() }),
    errors: z.array(z.strictObject({ code: z.string(), index: z.int().nullable(), detail: z.string() })),
    mode: z.literal('full'),
    duration_ms: z.int(),
    not_checked: z.array(z.string()),
    as_of: z.iso.datetime(),
  })
  .meta({ id: 'LedgerVerification' });
