import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/canonical-json.js';

const text = z.string().trim().min(1).max(4000);
const texts = z.array(text).max(50);
export const versionSchema = z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/);

/** What may be learned from, and how that is held: published whole, hashed, and never changed under its version. */
export const trainingPolicySchema = z
  .strictObject({
    version: versionSchema,
    effective_at: z.iso.datetime(),
    last_updated: z.iso.datetime(),
    learn_from: texts.min(1),
    never_learn_from: texts.min(1),
    licences: z.strictObject({ allow: texts.max(500), deny: texts.max(500) }),
    opt_out: z.strictObject({ honours: texts, rule: text }),
    personal_data: text,
    retention: text,
    enforcement: z
      .array(z.string().regex(/^[A-Z]{3}-\d{3}$/))
      .max(50)
      .meta({ description: 'Rules of the check engine that enforce it.' }),
    /** By sections 1 to 3 of the template for the public summary of training content. */
    sources: z.strictObject({ general: text, data: text, processing: text }),
    contact: text,
    changelog: texts.min(1),
  })
  .meta({ id: 'TrainingPolicyDocument' });
export type TrainingPolicy = z.output<typeof trainingPolicySchema>;

/** SHA-256 of the canonical JSON (RFC 8785). */
export const policySha256 = (policy: TrainingPolicy): string =>
  createHash('sha256').update(canonicalJson(policy)).digest('hex');
