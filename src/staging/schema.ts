import { z } from 'zod';
import { datasetPackageSchema } from '../datasets/package.js';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { modelCardSchema } from '../models/card.js';
import { trainingPolicySchema } from '../training-policies/document.js';

export const stagedKinds = ['dataset', 'model', 'policy'] as const;
export type StagedKind = (typeof stagedKinds)[number];

export const datasetDocument = z.strictObject({
  package: datasetPackageSchema,
  samples: z.array(z.record(z.string(), z.unknown())).max(50),
});
export const modelDocument = modelCardSchema;
export const policyDocument = trainingPolicySchema;

export const stageQuery = z.strictObject({ dry_run: z.enum(['true', 'false']).default('false') });
export const stagedParams = z.strictObject({ staged_id: z.string().regex(idPattern('staging')) });
export const stagedView = z
  .strictObject({
    id: z.string().nullable(),
    kind: z.enum(stagedKinds),
    slug: z.string(),
    version: z.string(),
    digest: z.string(),
    state: z.enum(['valid', 'staged', 'published', 'discarded']),
    staged_by: z.string(),
    published_by: z.string().nullable(),
    preview: z.unknown(),
  })
  .meta({ id: 'Staged' });

export const moveBody = z.strictObject({
  version: z.string().max(80),
  state: z.enum(['listed', 'deprecated', 'withdrawn']),
  reason: z.string().trim().min(3).max(500),
});
export const movedView = z.strictObject({
  slug: z.string(),
  version: z.string(),
  state: z.string(),
  because: z.string(),
});
export const eventsQuery = z.strictObject(pageQuery);
export const eventsView = z.strictObject({
  data: z.array(
    z.strictObject({
      id: z.string(),
      at: z.iso.datetime(),
      actor: z.string(),
      action: z.string(),
      kind: z.enum(stagedKinds),
      slug: z.string(),
      version: z.string(),
      digest: z.string().nullable(),
      because: z.string().nullable(),
      request_id: z.string(),
    }),
  ),
  next_cursor: z.string().nullable(),
});
