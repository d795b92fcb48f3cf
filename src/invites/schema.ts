import { z } from 'zod';
import { emailSchema } from '../auth/schema.js';
import { idPattern } from '../kernel/ids.js';

export const inviteParams = z.strictObject({ invite_id: z.string().regex(idPattern('invite')) });
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
    state: z.enum(['pending', 'accepted', 'expired', 'revoked']),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Invite' });
export const invitesView = z.strictObject({ data: z.array(inviteView) });
