import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/canonical-json.js';

const text = z.string().trim().min(1).max(4000);
const texts = z.array(text).max(50);
const licence = z.string().regex(/^(LicenseRef-)?[A-Za-z0-9.+-]{1,80}$/);

/** What may be learned from, and how that is held: published whole, hashed, and never changed under its version. */
export const trainingPolicySchema = z
  .strictObject({
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    effective_at: z.iso.datetime(),
    last_updated: z.iso.datetime(),
    learn_from: texts.min(1),
    never_learn_from: texts.min(1),
    licences: z.strictObject({ allow: z.array(licence).max(500), deny: z.array(licence).max(500) }),
    opt_out: text,
    personal_data: text,
    retention: text,
    enforcement: z.array(z.strictObject({ rule: z.string().regex(/^[A-Z]{3}-\d{3}$/), what: text })).max(50),
    /** By sections 1 to 3 of the template for the public summary of training content. */
    sources: z.strictObject({ general: text, data_sources: text, processing: text }),
    contact: text,
    changelog: z.array(z.strictObject({ version: z.string(), date: z.iso.date(), change: text })).min(1),
  })
  .meta({ id: 'TrainingPolicy' });
export type TrainingPolicy = z.output<typeof trainingPolicySchema>;

export const policySha256 = (policy: TrainingPolicy): string =>
  createHash('sha256').update(canonicalJson(policy)).digest('hex');
