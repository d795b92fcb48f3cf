import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/canonical-json.js';
import { architectureFaults, architectureSchema, type Architecture } from '../planner/architecture.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const slugSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/);
/** A name that is only a name: no path, no hidden file, no control character. */
export const fileName = z.string().regex(/^(?!\.)[A-Za-z0-9._-]{1,120}$/, 'must be a plain file name');
const text = z.string().trim().min(1).max(4000);
const texts = z.array(text).max(50);

export const licenceSchema = z.strictObject({
  /** An SPDX identifier, or LicenseRef-… with its text behind `url` or in `text`. */
  id: z.string().regex(/^(LicenseRef-)?[A-Za-z0-9.+-]{1,80}$/),
  url: z.url(),
  commercial: z.enum(['yes', 'no', 'conditions']),
  training: z.enum(['yes', 'no', 'conditions']),
  redistribution: z.enum(['yes', 'no', 'conditions']),
});

/** The planner's shape of a model; how many parameters it has is said once, beside it. */
export const cardArchitecture = architectureSchema.omit({ params_total: true, params_active: true });

export const modelCardSchema = z
  .strictObject({
    slug: slugSchema,
    name: text,
    publisher: text,
    family: text,
    base_model: slugSchema.nullable(),
    revision: z.string().regex(/^[A-Za-z0-9._-]{1,80}$/),
    released_on: z.iso.date(),
    params_total: z.int().min(1),
    params_active: z.int().min(1),
    architecture: cardArchitecture,
    formats: z
      .array(
        z.strictObject({
          name: text,
          bits: z.number().min(1).max(64),
          files: z.array(z.strictObject({ name: fileName, sha256, size: z.int().min(1) })).max(500),
        }),
      )
      .max(50),
    licence: licenceSchema,
    modalities: z.array(z.enum(['text', 'image', 'audio', 'video', 'code'])).min(1),
    languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).max(200),
    /** The three blocks of the public summary of training content (AI Act, Art. 53(1)(d)). */
    training_data: z.strictObject({ general: text, sources: text, processing: text }),
    evaluations: z
      .array(
        z.strictObject({
          suite: text,
          metric: text,
          value: z.number(),
          n: z.int().min(1).nullable(),
          date: z.iso.date(),
          source: z.url(),
        }),
      )
      .max(100),
    limits: texts,
    intended_use: texts,
    forbidden_use: texts,
    carbon_tonnes: z.number().min(0).nullable(),
    sources: z
      .array(z.strictObject({ title: text, url: z.url() }))
      .min(1)
      .max(20),
  })
  .superRefine((card, context) => {
    for (const { path, message } of architectureFaults(architectureOf(card))) {
      const [field = '', ...below] = path.split('/').slice(1);
      const where = field in card.architecture ? ['architecture', field] : [field];
      context.addIssue({ code: 'custom', path: [...where, ...below], message });
    }
  })
  .meta({ id: 'ModelCard' });
export type ModelCard = z.output<typeof modelCardSchema>;

/** The architecture of a card as the planner takes it. */
export const architectureOf = ({
  architecture,
  params_total,
  params_active,
}: Pick<ModelCard, 'architecture' | 'params_total' | 'params_active'>): Architecture => ({
  ...architecture,
  params_total,
  params_active,
});

export const cardSha256 = (card: ModelCard): string => createHash('sha256').update(canonicalJson(card)).digest('hex');

/** Every file of a card with its digest; what a pin binds. */
export const cardFiles = ({ formats }: ModelCard): readonly { readonly name: string; readonly sha256: string }[] =>
  formats.flatMap(({ files }) => files.map(({ name, sha256: digest }) => ({ name, sha256: digest })));
