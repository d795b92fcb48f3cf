import { z } from 'zod';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { facetsView } from '../models/schema.js';
import { datasetPackageSchema, sha256Schema } from './package.js';
import { datasetUses } from './rules.js';

const name = z.string().trim().min(1).max(100);
const size = z.coerce.number().int().min(0).optional();
export const versionQuery = z.strictObject({ version: z.string().max(40).optional() });
export const datasetsQuery = z.strictObject({
  ...pageQuery,
  q: z.string().trim().min(1).max(200).optional(),
  licence: name.optional(),
  task: name.optional(),
  language: name.optional(),
  tier: name.optional(),
  min_bytes: size,
  max_bytes: size,
  min_records: size,
  max_records: size,
});
const state = z.enum(['listed', 'deprecated', 'withdrawn']);
const summaryFields = {
  slug: z.string(),
  version: z.string(),
  title: z.string(),
  summary: z.string(),
  issuer: z.string(),
  licence: z.string(),
  tier: z.string(),
  tasks: z.array(z.string()),
  languages: z.array(z.string()),
  bytes: z.int(),
  records: z.int(),
  manifest_root: z.string(),
  state,
};
const summaryView = z.strictObject(summaryFields).meta({ id: 'DatasetSummary' });
export const datasetsView = z.strictObject({
  data: z.array(summaryView),
  facets: facetsView,
  next_cursor: z.string().nullable(),
});
const accessView = z.strictObject({
  allowed: z.boolean(),
  reason: z.enum(['member', 'membership_required', 'quota_exceeded', 'role']),
  because: z.string(),
  quota_left: z.int(),
  resets_at: z.iso.datetime().nullable(),
});
export const accessibleView = z.strictObject({
  data: z.array(z.strictObject({ ...summaryFields, access: accessView }).meta({ id: 'AccessibleDataset' })),
  next_cursor: z.string().nullable(),
});
export const packageView = z
  .strictObject({
    package: datasetPackageSchema,
    manifest_root: z.string(),
    bytes: z.int(),
    records: z.int(),
    state,
    because: z.string().nullable(),
    published_at: z.iso.datetime(),
    versions: z.array(
      z.strictObject({ version: z.string(), state, manifest_root: z.string(), published_at: z.iso.datetime() }),
    ),
    exports: z.record(z.string(), z.url()),
  })
  .meta({ id: 'CatalogDataset' });
export const samplesView = z.strictObject({
  slug: z.string(),
  version: z.string(),
  rows: z.array(z.record(z.string(), z.unknown())).max(50),
});

export const downloadBody = z.strictObject({
  version: z.string().max(40).optional(),
  accept_licence_sha256: sha256Schema
    .optional()
    .meta({ description: 'text_sha256 of the licence as it was read and accepted.' }),
  purpose: z.string().trim().min(10).max(500),
  uses: z.array(z.enum(datasetUses)).min(1).max(4).default(['evaluation']),
  files: z.array(z.string().max(200)).min(1).max(200).optional(),
});
export const grantPayload = z.object({
  slug: z.string(),
  version: z.string().nullable(),
  acceptedSha256: z.string().nullable(),
  purpose: z.string(),
  uses: z.array(z.enum(datasetUses)),
  files: z.array(z.string()).nullable(),
  principal: z.string(),
});
export type GrantPayload = z.output<typeof grantPayload>;
export const grantResult = z.object({ grant_id: z.string() });

const fileFields = {
  name: z.string(),
  media_type: z.string(),
  size: z.int(),
  sha256: z.string(),
};
const grantFields = {
  id: z.string(),
  dataset: z.strictObject({ slug: z.string(), version: z.string(), manifest_root: z.string() }),
  purpose: z.string(),
  uses: z.array(z.enum(datasetUses)),
  licence_sha256: z.string(),
  policy_version: z.string(),
  granted_to: z.string(),
  key_id: z.string().nullable(),
  issued_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  max_redemptions: z.int(),
  redemptions: z.int(),
  state: z.enum(['issued', 'redeemed', 'expired', 'revoked']),
  revoked_because: z.string().nullable(),
  receipt_id: z.string(),
};
export const grantView = z
  .strictObject({ ...grantFields, files: z.array(z.strictObject(fileFields)) })
  .meta({ id: 'DatasetGrant' });
export const downloadView = z
  .strictObject({
    ...grantFields,
    links_expire_at: z.iso.datetime(),
    files: z.array(z.strictObject({ ...fileFields, url: z.url() })),
  })
  .meta({ id: 'DatasetDownload' });
export const grantsView = z.strictObject({ data: z.array(grantView), next_cursor: z.string().nullable() });
export const grantsQuery = z.strictObject({ ...pageQuery, slug: z.string().max(80).optional() });
export const grantParams = z.strictObject({ grant_id: z.string().regex(idPattern('grant')) });
export const revokeBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });
