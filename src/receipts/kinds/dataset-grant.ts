import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface DatasetGrantReceiptFacts {
  readonly grantId: string;
  readonly dataset: { readonly slug: string; readonly version: string; readonly manifestRoot: string };
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly size: number }[];
  readonly licence: { readonly id: string; readonly textSha256: string };
  /** The training-data policy in force when it was granted. */
  readonly policy: { readonly version: string; readonly sha256: string };
  readonly purpose: string;
  readonly grantee: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly maxRedemptions: number;
}

/** The receipt of a dataset grant: which bytes were granted, under which licence text, until when. */
export const datasetGrantKind = defineKind<DatasetGrantReceiptFacts>({
  kind: 'dataset_grant',
  predicateType: `${PREDICATE_BASE}/dataset-download/v1`,
  schemaVersion: '1.1.0',
  notChecked: [
    'That the files were downloaded, or what was done with them afterwards.',
    'That the dataset is what its card says; only which bytes were granted.',
  ],
  schema: z.object({
    ...frame,
    dataset: z.object({ slug: z.string(), version: z.string(), manifestRoot: sha256 }),
    files: z.array(z.object({ name: z.string(), sha256, size: z.int().min(0) })),
    licence: z.object({ id: z.string(), textSha256: sha256 }),
    policy: z.object({ version: z.string(), sha256 }).optional(),
    grant: z.object({ issuedAt: time, expiresAt: time, maxRedemptions: z.int().min(1), ...committed }),
  }),
  subjects: ({ dataset, files }) => [
    { name: `${dataset.slug}@${dataset.version}`, digest: { sha256: dataset.manifestRoot } },
    ...files.map((file) => ({ name: file.name, digest: { sha256: file.sha256 } })),
  ],
  body: (
    { grantId, dataset, files, licence, policy, purpose, grantee, issuedAt, expiresAt, maxRedemptions },
    commitments,
  ) => ({
    dataset,
    files,
    licence,
    policy,
    grant: { issuedAt, expiresAt, maxRedemptions, ...commitments.commit('/grant', { id: grantId, purpose, grantee }) },
  }),
});
