import { z } from 'zod';

export const ledgerQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.coerce.number().int().min(0).optional().meta({ description: 'Entries before this index.' }),
  org: z.string().max(64).optional().meta({ description: 'Alias of an organization.' }),
  kind: z.string().max(40).optional(),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Integrated at this time or later.' }),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Integrated before this time.' }),
});
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
  .meta({ description: 'SHA-256 of the entry, in hex.' });
const grade = z
  .enum(['logged', 'witnessed'])
  .default('logged')
  .meta({ description: 'logged: signed by the log; witnessed: cosigned by a quorum of witnesses too.' });
const size = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const entryQuery = z.strictObject({ digest });
export const checkpointQuery = z.strictObject({ grade });
export const tileParams = z.strictObject({
  level: z.string().meta({ description: 'Level of the tile, or "entries".' }),
  tile: z
    .string()
    .max(100)
    .meta({ description: 'Number in groups of three digits, x001/x234/067, with .p/W if partial.' }),
});
export type TileParams = z.output<typeof tileParams>;
export const inclusionQuery = z.strictObject({
  index: size.optional(),
  digest: digest.optional(),
  size: size.optional().meta({ description: 'Size of a published checkpoint; without it, the newest of the grade.' }),
  grade,
});
export type InclusionQuery = z.output<typeof inclusionQuery>;
export const consistencyQuery = z.strictObject({ from: size, to: size.optional() });
export const checkpointsQuery = z.strictObject({
  from: size.default(0).meta({ description: 'Checkpoints of this size or larger.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
const hashList = z.array(z.string()).meta({ description: 'SHA-256 hashes, base64.' });
export const inclusionView = z
  .strictObject({
    origin: z.string(),
    index: z.int(),
    tree_size: z.int(),
    leaf_hash: z.string(),
    root: z.string(),
    hashes: hashList,
    grade: z.enum(['logged', 'witnessed']),
    checkpoint: z.string(),
  })
  .meta({ id: 'InclusionProof' });
export const consistencyView = z
  .strictObject({
    origin: z.string(),
    from: z.int(),
    to: z.int(),
    from_root: z.string(),
    to_root: z.string(),
    hashes: hashList,
  })
  .meta({ id: 'ConsistencyProof' });
export const checkpointsView = z
  .strictObject({
    origin: z.string(),
    data: z.array(z.strictObject({ size: z.int(), root: z.string(), note: z.string(), signed_at: z.iso.datetime() })),
    next_from: z.int().nullable(),
  })
  .meta({ id: 'Checkpoints' });
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
export const verifyQuery = z.strictObject({
  scope: z
    .enum(['full', 'incremental'])
    .optional()
    .meta({ description: 'full (the default), or what is new since the last good audit.' }),
  since: size
    .optional()
    .meta({ description: 'Recompute from this size on. Such an answer is never ok: it is partial.' }),
});
export type VerifyQuery = z.output<typeof verifyQuery>;
export const verifyView = z
  .strictObject({
    ok: z.boolean().meta({ description: 'Nothing wrong, and nothing left out.' }),
    origin: z.string(),
    size: z.int(),
    root: z.string(),
    checkpoint_size: z.int(),
    mode: z.enum(['full', 'incremental', 'since']),
    coverage: z.strictObject({
      from: z.int(),
      to: z.int(),
      full_at: z.iso.datetime().nullable().meta({ description: 'When every leaf was last recomputed.' }),
    }),
    checked: z.strictObject({ leaves: z.int(), tiles: z.int(), signatures: z.int() }),
    witnesses: z.strictObject({ quorum: z.string(), have: z.array(z.string()), size: z.int() }),
    paused: z.boolean(),
    first_broken: z.int().nullable(),
    errors: z.array(z.strictObject({ code: z.string(), index: z.int().nullable(), detail: z.string() })),
    duration_ms: z.int(),
    not_checked: z.array(z.string()),
    as_of: z.iso.datetime(),
  })
  .meta({ id: 'LedgerVerification' });
export const auditsView = z
  .strictObject({
    origin: z.string(),
    data: z.array(
      z.strictObject({
        mode: z.enum(['full', 'incremental']),
        ok: z.boolean(),
        size: z.int(),
        root: z.string(),
        audited_at: z.iso.datetime(),
        full_at: z.iso.datetime(),
        report: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: 'LedgerAudits' });
export const policyView = z.string();
