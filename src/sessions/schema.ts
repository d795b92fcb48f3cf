import { z } from 'zod';
import { idPattern } from '../kernel/ids.js';

export const sessionParams = z.strictObject({ session_id: z.string().regex(idPattern('session')) });
export const liveSessionView = z
  .strictObject({
    id: z.string(),
    current: z.boolean(),
    network: z.string(),
    created_at: z.iso.datetime(),
    refreshed_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'LiveSession' });
export const liveSessionsView = z.strictObject({ data: z.array(liveSessionView) });
export const endedView = z.strictObject({ ended: z.int() }).meta({ id: 'Ended' });
