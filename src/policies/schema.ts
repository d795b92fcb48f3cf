import { z } from 'zod';

const sentences = z.array(z.string()).readonly();

export const policyView = z
  .strictObject({
    version: z.string(),
    effective_at: z.iso.datetime(),
    last_updated: z.iso.datetime(),
    sha256: z.string().meta({ description: 'SHA-256 of the canonical JSON (RFC 8785) of everything else.' }),
    learn_from: sentences,
    never_learn_from: sentences,
    licences: z.strictObject({ allow: sentences, deny: sentences }),
    opt_out: z.strictObject({ honours: sentences, rule: z.string() }),
    personal_data: z.string(),
    retention: z.string(),
    enforcement: sentences.meta({ description: 'Rules of the check engine that enforce it.' }),
    sources: z.strictObject({ general: z.string(), data: z.string(), processing: z.string() }),
    contact: z.string(),
    changelog: sentences,
  })
  .meta({ id: 'TrainingDataPolicy' });
export type TrainingDataPolicy = z.output<typeof policyView>;

export const policyQuery = z.strictObject({
  version: z
    .string()
    .regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/)
    .optional(),
});
