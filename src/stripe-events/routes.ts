import type { Logger } from 'pino';
import { z } from 'zod';
import type { createWebhookReader } from '../adapters/stripe-webhook.js';
import type { Billing } from '../adapters/stripe.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone, internal } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import type { MembershipDurable } from '../membership/durable.js';
import { eventsQuery, eventsView, receivedView, replayBody, replayView } from './schema.js';
import { insertEvent, listEvents, reopenEvents } from './store.js';

export interface StripeEventRouteDeps {
  readonly database: Database;
  readonly billing: Billing | undefined;
  readonly readWebhook: ReturnType<typeof createWebhookReader>;
  readonly memberships: MembershipDurable;
  readonly logger: Logger;
  readonly publicUrl: string;
}

export function stripeEventRoutes(deps: StripeEventRouteDeps): readonly Route[] {
  const { database, readWebhook, memberships, logger, publicUrl } = deps;
  /** Nobody waits for this: what Temporal does not take now is taken by the sweep. */
  const wake = (orgId: string): void => {
    memberships.refresh(orgId).catch((error: unknown) => {
      logger.warn({ err: error }, 'a Stripe event waits for the sweep');
    });
  };
  return [
    defineRoute({
      method: 'post',
      path: '/stripe/webhook',
      operationId: 'receiveStripeEvent',
      summary: 'Stripe events, told by their signature over the raw body',
      auth: anyone,
      params: none,
      query: none,
      raw: true,
      body: z.instanceof(Buffer),
      response: receivedView,
      status: 200,
      refuses: ['invalid_signature', 'invalid_request', 'payload_too_large'],
      handle: async ({ body, request }) => {
        const signature = request.stream.headers['stripe-signature'];
        const notice = readWebhook(body, Array.isArray(signature) ? signature.join(',') : signature, new Date());
        const event = await database.system((system) => insertEvent(system, notice));
        if (event?.orgId) wake(event.orgId);
        else if (event?.outcome === null)
          logger.warn({ event: event.id, type: event.type }, 'a Stripe event of a customer nobody knows yet');
        return { body: { received: true as const } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/internal/stripe/events',
      operationId: 'listStripeEvents',
      summary: 'Events that Stripe sent, and what came of them',
      auth: internal('webhooks:maintain'),
      params: none,
      query: eventsQuery,
      body: noBody,
      response: eventsView,
      status: 200,
      refuses: ['wrong_credential', 'scope_missing', 'invalid_request'],
      handle: async ({ query }) => {
        const asked = readPage(query);
        const rows = await database.system((system) => listEvents(system, asked, { outcome: query.outcome }));
        const paged = rows.map((row) => ({ ...row, stripeAt: row.createdAt, createdAt: row.receivedAt }));
        const { shown, nextCursor } = cutPage(paged, asked.limit);
        const data = shown.map(({ id, type, stripeAt, receivedAt, processedAt, outcome, orgId }) => ({
          id,
          type,
          created_at: stripeAt.toISOString(),
          received_at: receivedAt.toISOString(),
          processed_at: processedAt?.toISOString() ?? null,
          outcome,
          organization: orgId,
        }));
        return {
          body: { data, next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/internal/stripe/events', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/internal/stripe/replay',
      operationId: 'replayStripeEvents',
      summary: 'Take events again, or fetch those that never came; repeating it changes nothing more',
      auth: internal('webhooks:maintain'),
      params: none,
      query: none,
      body: replayBody,
      response: replayView,
      status: 200,
      refuses: ['wrong_credential', 'scope_missing', 'invalid_request', 'billing_unavailable'],
      handle: async ({ body }) => {
        if ('since' in body) return { body: { added: await fetchSince(deps, new Date(body.since)), reopened: 0 } };
        const reopened = await database.system((system) => reopenEvents(system, body.event_ids));
        return { body: { added: 0, reopened } };
      },
    }),
  ];
}

/** Adds what Stripe has and we have not; the sweep drives it. Safe to repeat: an event that is there stays as it is. */
async function fetchSince({ database, billing }: StripeEventRouteDeps, since: Date): Promise<number> {
  if (!billing) throw new Refusal('billing_unavailable', 'This deployment has no Stripe account.');
  let added = 0;
  for await (const notice of billing.listEvents(since))
    if (await database.system((system) => insertEvent(system, notice))) added += 1;
  return added;
}
