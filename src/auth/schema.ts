import { z } from 'zod';
import { roles } from './actor.js';

export const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
export const tokenSchema = z.string().min(16).max(256);
const nameSchema = z.string().trim().min(1).max(100);

export const requestLinkBody = z.strictObject({ email: emailSchema });
export const requestLinkView = z.strictObject({ message: z.string() });
export const verifyBody = z.strictObject({
  token: tokenSchema,
  name: nameSchema.optional(),
  organization: nameSchema.optional().meta({ description: 'Name of the organization made for a first sign-in.' }),
  org_id: z.string().optional().meta({ description: 'Which organization to act in, for a person in several.' }),
});
export const acceptInviteBody = z.strictObject({ token: tokenSchema, name: nameSchema.optional() });
export const principalView = z
  .strictObject({
    kind: z.literal('person'),
    user: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
    organization: z.strictObject({ id: z.string(), name: z.string() }),
    role: z.enum(roles),
    approver: z.boolean(),
    scopes: z.array(z.string()),
  })
  .meta({ id: 'Principal' });
export const sessionView = z
  .strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    principal: principalView,
  })
  .meta({ id: 'Session' });
