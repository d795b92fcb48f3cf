import { z } from 'zod';
import { roles } from '../auth/actor.js';
import { idPattern } from '../kernel/ids.js';

export const orgView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    ledger_alias: z.string(),
    sandbox_of: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Organization' });
export const memberView = z
  .strictObject({
    user_id: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(roles),
    approver: z.boolean(),
    version: z.int(),
  })
  .meta({ id: 'Member' });
export const membersView = z.strictObject({ data: z.array(memberView) });
export const memberParams = z.strictObject({ user_id: z.string().regex(idPattern('user')) });
export const roleBody = z.strictObject({
  role: z.enum(roles),
  approver: z
    .boolean()
    .optional()
    .meta({ description: 'May approve runs; unchanged when left out. A viewer never does.' }),
});
