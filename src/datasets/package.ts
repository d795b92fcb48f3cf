import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/canonical-json.js';
import { fileName, slugSchema } from '../models/card.js';
import { datasetUses } from './rules.js';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().trim().min(1).max(4000);
const texts = z.array(text).max(50);
const word = z.string().regex(/^[a-z0-9-]{2,60}$/);

const fileSchema = z.strictObject({
  name: fileName,
  media_type: z.enum(['application/vnd.apache.parquet', 'application/jsonl']),
  size: z.int().min(1),
  sha256: sha256Schema,
  records: z.int().min(0),
  split: word,
});
export type PackageFile = z.output<typeof fileSchema>;

/** The 22 fields of the Data & Trust Alliance's data provenance standards, 1.0.0. */
const provenanceSchema = z.strictObject({
  source: z.strictObject({
    title: text,
    unique_id: text,
    metadata_location: text,
    issuer: text,
    description: text,
  }),
  provenance: z.strictObject({
    source_metadata: text,
    source: text,
    origin_geography: text,
    issued_on: z.iso.date(),
    previous_issued_on: z.iso.date().nullable(),
    generation_period: text,
    generation_method: text,
    data_format: text,
  }),
  use: z.strictObject({
    confidentiality: z.enum(['public', 'internal', 'confidential']),
    consent: text,
    privacy_enhancing_tools: text,
    processing_geography_allowed: text,
    processing_geography_excluded: text,
    storage_geography_allowed: text,
    storage_geography_excluded: text,
    licence: text,
    intended_use: text,
  }),
});

export const datasetPackageSchema = z
  .strictObject({
    slug: slugSchema,
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    title: z.string().trim().min(1).max(200),
    summary: text,
    released_on: z.iso.date(),
    issuer: text,
    licence: z.strictObject({
      /** Of the SPDX list, or LicenseRef-…; the text itself is what is accepted. */
      id: z.string().regex(/^(LicenseRef-)?[A-Za-z0-9.+-]{1,80}$/),
      url: z.url(),
      text: z.string().min(1).max(100_000),
      text_sha256: sha256Schema,
      forbids: z.array(z.enum(datasetUses)).max(4),
      attribution: text.nullable(),
    }),
    tier: z.enum(['member']),
    tasks: z.array(word).min(1).max(20),
    languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).max(50),
    sensitive_personal: z.enum(['yes', 'no', 'no_assertion']),
    files: z.array(fileSchema).min(1).max(200),
    fields: z
      .array(
        z.strictObject({
          name: text,
          type: z.enum(['text', 'integer', 'float', 'boolean', 'date']),
          description: text,
        }),
      )
      .min(1)
      .max(500),
    provenance: provenanceSchema,
    quality: z.array(z.strictObject({ check: text, result: text, receipt_id: z.string().nullable() })).max(50),
    known_biases: texts.min(1),
    intended_use: texts.min(1),
    forbidden_use: texts.min(1),
  })
  .meta({ id: 'DatasetPackage' });
export type DatasetPackage = z.output<typeof datasetPackageSchema>;

const hash = (value: string): string => createHash('sha256').update(value).digest('hex');
export const textSha256 = hash;

/** SHA-256 over the canonical list of files: what a grant and a receipt mean by this version's bytes. */
export const manifestRoot = (files: readonly PackageFile[]): string =>
  hash(
    canonicalJson(
      [...files]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, sha256, size, media_type }) => ({ name, sha256, size, media_type })),
    ),
  );

/** Where the bytes of a file are kept: named by their digest, so a link to them can never mean others. */
export const objectKey = (sha256: string): string => `datasets/objects/${sha256}`;
/** Where staff puts them before they are checked. */
export const incomingKey = (sha256: string): string => `datasets/incoming/${sha256}`;

export const totalBytes = (files: readonly PackageFile[]): number => files.reduce((sum, { size }) => sum + size, 0);
/** Records once, though a package may have them in several formats. */
export function totalRecords(files: readonly PackageFile[]): number {
  const perFormat = new Map<string, number>();
  for (const { media_type, records } of files) perFormat.set(media_type, (perFormat.get(media_type) ?? 0) + records);
  return Math.max(...perFormat.values());
}
