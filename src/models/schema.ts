import { z } from 'zod';
import { idPattern } from '../kernel/ids.js';
import { pageQuery } from '../http/paging.js';
import { modelCardSchema } from './card.js';

export const slugParams = z.strictObject({ slug: z.string().max(80) });
const name = z.string().trim().min(1).max(100);
export const catalogPage = { limit: pageQuery.limit, cursor: pageQuery.cursor };

export const modelsQuery = z.strictObject({
  ...catalogPage,
  q: z.string().trim().min(1).max(200).optional(),
  family: name.optional(),
  licence: name.optional(),
  modality: name.optional(),
  language: name.optional(),
  min_params: z.coerce.number().int().min(0).optional(),
  max_params: z.coerce.number().int().min(0).optional(),
});
const hardware = z.strictObject({
  /** Ready to be sent to the planner. */
  assessment: z.strictObject({ method: z.literal('POST'), url: z.url(), body: z.record(z.string(), z.unknown()) }),
  weights_bytes: z.record(z.string(), z.int()),
  cache_bytes_per_token: z.int(),
});
export const facetsView = z.record(z.string(), z.array(z.strictObject({ value: z.string(), count: z.int() })));
const state = z.enum(['listed', 'deprecated', 'withdrawn']);
const modelSummary = z
  .strictObject({
    slug: z.string(),
    name: z.string(),
    publisher: z.string(),
    family: z.string(),
    revision: z.string(),
    params_total: z.int(),
    params_active: z.int(),
    context: z.int(),
    licence: z.string(),
    card_sha256: z.string(),
    state,
  })
  .meta({ id: 'ModelSummary' });
export const modelsView = z.strictObject({
  data: z.array(modelSummary),
  facets: facetsView,
  next_cursor: z.string().nullable(),
});
export const modelView = z
  .strictObject({
    card: modelCardSchema,
    card_sha256: z.string(),
    state,
    because: z.string().nullable(),
    published_at: z.iso.datetime(),
    hardware,
    exports: z.record(z.string(), z.url()),
  })
  .meta({ id: 'CatalogModel' });

export const pinBody = z.strictObject({
  card_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({ description: 'The digest of the card as it was read; If-Match says the same.' }),
  revision: z.string().max(80).optional(),
  run_id: z.string().regex(idPattern('run')).optional(),
  declaration: z.string().trim().min(1).max(2000).optional(),
  client_ref: z.string().trim().min(1).max(200).optional(),
  assessment_id: z.string().max(40).optional(),
});
export const pinPayload = z.object({
  slug: z.string(),
  cardSha256: z.string(),
  revision: z.string().nullable(),
  runId: z.string().nullable(),
  declaration: z.string().nullable(),
  clientRef: z.string().nullable(),
  assessmentId: z.string().nullable(),
});
export type PinPayload = z.output<typeof pinPayload>;
export const pinResult = z.object({ pin_id: z.string() });

export const pinView = z
  .strictObject({
    id: z.string(),
    slug: z.string(),
    revision: z.string(),
    card_sha256: z.string(),
    files: z.array(z.strictObject({ name: z.string(), sha256: z.string() })),
    run_id: z.string().nullable(),
    declaration: z.string().nullable(),
    client_ref: z.string().nullable(),
    assessment_id: z.string().nullable(),
    pinned_by: z.string(),
    key_id: z.string().nullable(),
    state: z.enum(['active', 'superseded', 'withdrawn']),
    superseded_by: z.string().nullable(),
    receipt_id: z.string(),
    pinned_at: z.iso.datetime(),
  })
  .meta({ id: 'ModelPin' });
export const pinsView = z.strictObject({ data: z.array(pinView), next_cursor: z.string().nullable() });
export const pinsQuery = z.strictObject({
  ...pageQuery,
  slug: z.string().max(80).optional(),
  run_id: z.string().regex(idPattern('run')).optional(),
});
export const pinParams = z.strictObject({ pin_id: z.string().regex(idPattern('pin')) });
