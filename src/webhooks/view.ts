import type { z } from 'zod';
import type { LoggedDelivery } from './delivery-store.js';
import type { deliveryView, webhookView } from './schema.js';
import type { Webhook } from './store.js';

export const etagOf = (revision: number): string => `"${String(revision)}"`;

export function showWebhook(webhook: Webhook): z.input<typeof webhookView> {
  const { id, url, events, description, state, because, failingSince, version, createdBy, createdAt } = webhook;
  if (state === 'deleted') throw new Error(`showWebhook: ${id} is deleted`);
  return {
    ...{ id, url, events: [...events], description, state, because },
    failing_since: failingSince?.toISOString() ?? null,
    revision: version,
    created_by: createdBy,
    created_at: createdAt.toISOString(),
  };
}

export function showDelivery(delivery: LoggedDelivery): z.input<typeof deliveryView> {
  const { id, type, object, data, state, createdAt, dueAt, attempts } = delivery;
  return {
    ...{ id, type, object, data: { ...data }, state },
    created_at: createdAt.toISOString(),
    next_attempt_at: dueAt?.toISOString() ?? null,
    attempts: attempts.map(({ at, status, error, durationMs }) => ({
      ...{ at: at.toISOString(), status, error, duration_ms: durationMs },
    })),
  };
}
