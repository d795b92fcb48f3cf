import { z } from 'zod';
import { pageQuery } from '../http/paging.js';

const eventId = z.string().regex(/^evt_\w{1,250}$/);
export const receivedView = z.strictObject({ received: z.literal(true) }).meta({ id: 'StripeEventReceived' });
export const eventsQuery = z.strictObject({
  ...pageQuery,
  outcome: z.enum(['waiting', 'read', 'ignored', 'unknown_customer']).optional(),
});
export const eventsView = z
  .strictObject({
    data: z.array(
      z.strictObject({
        id: z.string(),
        type: z.string(),
        created_at: z.iso.datetime(),
        received_at: z.iso.datetime(),
        processed_at: z.iso.datetime().nullable(),
        outcome: z.string().nullable(),
        organization: z.string().nullable(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'StripeEvents' });
/** Events to take again, by id; or all that Stripe has since a time, of which those that never came are added. */
export const replayBody = z.union([
  z.strictObject({ event_ids: z.array(eventId).min(1).max(500) }),
  z.strictObject({ since: z.iso.datetime() }),
]);
export const replayView = z.strictObject({ added: z.int(), reopened: z.int() }).meta({ id: 'StripeReplay' });
