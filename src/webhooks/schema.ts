import { z } from 'zod';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { isSubscription, webhookEvents } from './rules.js';

const id = z.string().regex(idPattern('webhook'));
export const webhookParams = z.strictObject({ webhook_id: id });
export const deliveryParams = z.strictObject({
  webhook_id: id,
  message_id: z.string().regex(/^msg_[0-9a-f]{32}$/),
});

const events = z
  .array(
    z.string().refine(isSubscription, {
      error: `is none of ${webhookEvents.join(', ')}, nor a family such as incident.*, nor *`,
    }),
  )
  .min(1)
  .max(webhookEvents.length)
  .transform((list) => [...new Set(list)].sort())
  .meta({
    description: 'Types, families such as incident.*, or *. ledger.checkpoint is told only to those who name it.',
  });
const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .meta({ description: 'https, at a public address, without user and password.' });
const description = z.string().trim().max(200);

export const webhookBody = z.strictObject({ url, events, description: description.default('') });
export const webhookPatch = z
  .strictObject({ url, events, description, state: z.enum(['enabled', 'disabled']) })
  .partial();
export const rotateSecretBody = z.strictObject({
  overlap_hours: z
    .int()
    .min(0)
    .max(24 * 7)
    .default(24)
    .meta({ description: 'How long messages are signed with the earlier secret too.' }),
});
export const deliveriesQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(['waiting', 'delivered', 'failed']).optional(),
});

const fields = {
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string(),
  state: z.enum(['enabled', 'disabled']),
  because: z
    .enum(['by_person', 'gone', 'failing'])
    .nullable()
    .meta({ description: 'Why it is disabled: by a person, by an answer 410, or after two days without a success.' }),
  failing_since: z.iso.datetime().nullable(),
  revision: z.int(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
};
export const webhookView = z.strictObject(fields).meta({ id: 'Webhook' });
export const webhooksView = z.strictObject({ data: z.array(webhookView), next_cursor: z.string().nullable() });
/** The secret is shown in this answer and never again: a repetition of the request gets null in its place. */
export const newWebhookView = z.strictObject({ ...fields, secret: z.string().nullable() }).meta({ id: 'NewWebhook' });

export const deliveryView = z
  .strictObject({
    id: z.string().meta({ description: 'The webhook-id of the message: the same at each try.' }),
    type: z.string(),
    object: z.string(),
    data: z.record(z.string(), z.unknown()),
    state: z.enum(['waiting', 'delivered', 'failed']),
    created_at: z.iso.datetime(),
    next_attempt_at: z.iso.datetime().nullable(),
    attempts: z.array(
      z.strictObject({
        at: z.iso.datetime(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        duration_ms: z.int(),
      }),
    ),
  })
  .meta({ id: 'WebhookDelivery' });
export const deliveriesView = z.strictObject({ data: z.array(deliveryView), next_cursor: z.string().nullable() });
export const messageView = z.strictObject({ message_id: z.string() });

/** The body of every webhook, by the Standard Webhooks specification: thin, so that what is secret is asked for. */
export const webhookPayload = z
  .strictObject({ type: z.string(), timestamp: z.iso.datetime(), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'WebhookPayload' });
