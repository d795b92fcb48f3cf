import { z } from 'zod';
import { emailSchema } from '../auth/schema.js';
import { roles } from '../auth/actor.js';

export const orgView = z
  .strictObject({ id: z.string(), name: z.string(), ledger_alias: z.string(), created_at: z.iso.datetime() })
  .meta({ id: 'Organization' });
export const memberView = z
  .strictObject({
    user_id: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(roles),
    approver: z.boolean(),
  })
  .meta({ id: 'Member' });
export const membersView = z.strictObject({ data: z.array(memberView) });
export const inviteBody = z.strictObject({
  email: emailSchema,
  role: z.enum(['admin', 'member', 'viewer']),
  approver: z.boolean().optional().meta({ description: 'May approve runs. On by default for admins.' }),
});
export const inviteView = z
  .strictObject({
    id: z.string(),
    email: z.string(),
    role: z.enum(['admin', 'member', 'viewer']),
    approver: z.boolean(),
    state: z.enum(['pending', 'accepted', 'expired']),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Invite' });
export const invitesView = z.strictObject({ data: z.array(inviteView) });
