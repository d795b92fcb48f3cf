import { z } from 'zod';
import { roles, scopes } from './actor.js';

export const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
export const tokenSchema = z.string().min(16).max(256);
const nameSchema = z.string().trim().min(1).max(100);

export const requestLinkBody = z.strictObject({ email: emailSchema });
export const requestLinkView = z.strictObject({ message: z.string() });
const signInFields = {
  name: nameSchema.optional(),
  organization: nameSchema.optional().meta({ description: 'Name of the organization made for a first sign-in.' }),
  org_id: z.string().max(40).optional().meta({ description: 'Which organization to act in, for a person in several.' }),
};
/** The token of a link, or the address and the six digits of its mail. */
export const verifyBody = z.union([
  z.strictObject({ token: tokenSchema, ...signInFields }),
  z.strictObject({ email: emailSchema, code: z.string().regex(/^\d{6}$/), ...signInFields }),
]);
export const refreshBody = z.strictObject({ refresh_token: tokenSchema });
export const switchBody = z.strictObject({ org_id: z.string().max(40) });
export const acceptInviteBody = z.strictObject({ token: tokenSchema, name: nameSchema.optional() });
export const principalView = z
  .strictObject({
    kind: z.enum(['person', 'key']),
    user: z
      .strictObject({ id: z.string(), email: z.string(), name: z.string() })
      .meta({ description: 'The person; for a key, the one who made it and whose role bounds it.' }),
    key: z.strictObject({ id: z.string(), name: z.string(), mode: z.enum(['live', 'test']) }).nullable(),
    session_id: z.string().nullable(),
    organization: z.strictObject({ id: z.string(), name: z.string() }),
    role: z.enum(roles),
    approver: z.boolean(),
    scopes: z.array(z.enum(scopes)).meta({ description: 'Scopes of a key; empty for a person, whose role decides.' }),
  })
  .meta({ id: 'Principal' });
export const sessionView = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    refresh_token: z.string().meta({ description: 'Works once: each refresh answers with the next one.' }),
    session_expires_at: z.iso.datetime(),
    principal: principalView,
  })
  .meta({ id: 'Session' });
