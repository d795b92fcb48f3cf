import { z } from 'zod';
import { scopes } from '../auth/actor.js';
import { idPattern } from '../kernel/ids.js';

export const keyParams = z.strictObject({ key_id: z.string().regex(idPattern('key')) });

export const keyBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z
    .array(z.enum(scopes))
    .min(1)
    .max(scopes.length)
    .transform((list) => [...new Set(list)].sort()),
  mode: z.enum(['live', 'test']).default('live').meta({
    description: 'A test key works in the sandbox of the organization, whose receipts stay out of the public ledger.',
  }),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

export const rotateBody = z.strictObject({
  overlap_hours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(24)
    .meta({ description: 'How long the old secret works beside the new one.' }),
});

const fields = {
  id: z.string(),
  name: z.string(),
  mode: z.enum(['live', 'test']),
  scopes: z.array(z.enum(scopes)),
  hint: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
  replaces: z.string().nullable(),
};
export const keyView = z.strictObject(fields).meta({ id: 'ApiKey' });
export const keysView = z.strictObject({ data: z.array(keyView) });
/** The secret is shown in this answer and never again: a repetition of the request gets null in its place. */
export const newKeyView = z.strictObject({ ...fields, secret: z.string().nullable() }).meta({ id: 'NewApiKey' });
