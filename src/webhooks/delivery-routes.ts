import type { Person } from '../auth/actor.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { insertTest, listDeliveries, redeliver } from './delivery-store.js';
import { mayKeepWebhooks } from './policy.js';
import { missingWebhook } from './routes.js';
import { deliveriesQuery, deliveriesView, deliveryParams, messageView, webhookParams } from './schema.js';
import { findWebhook } from './store.js';
import { showDelivery } from './view.js';

/** The log of what was sent to an endpoint, and ways to send again. */
export function webhookDeliveryRoutes({
  database,
  publicUrl,
}: {
  readonly database: Database;
  readonly publicUrl: string;
}): readonly Route[] {
  const common = { auth: person, may: mayKeepWebhooks } as const;
  const within = <T>(actor: Person, id: string, work: (tenant: Tenant) => Promise<T>): Promise<T> =>
    database.tenant(actor.orgId, async (tenant) => {
      if (!(await findWebhook(tenant, id))) throw missingWebhook();
      return work(tenant);
    });
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/webhooks/{webhook_id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What was sent to an endpoint, each try with its answer, newest first',
      params: webhookParams,
      query: deliveriesQuery,
      body: noBody,
      response: deliveriesView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found', 'invalid_request'],
      handle: async ({ actor, params, query }) => {
        const page = readPage(query);
        const found = await within(actor, params.webhook_id, (tenant) =>
          listDeliveries(tenant, params.webhook_id, page, query.state),
        );
        const { shown, nextCursor } = cutPage(found, page.limit);
        return {
          body: { data: shown.map(showDelivery), next_cursor: nextCursor },
          headers: nextLink(publicUrl, `/webhooks/${params.webhook_id}/deliveries`, query, nextCursor),
        };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/webhooks/{webhook_id}/test',
      operationId: 'testWebhook',
      summary: 'Send a message of type webhook.test; its fate is in the log of deliveries',
      params: webhookParams,
      query: none,
      body: noBody,
      response: messageView,
      status: 202,
      refuses: ['forbidden', 'human_required', 'not_found'],
      handle: async ({ actor, params }) => {
        const message_id = await within(actor, params.webhook_id, (tenant) => insertTest(tenant, params.webhook_id));
        return { body: { message_id } };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/webhooks/{webhook_id}/deliveries/{message_id}/redeliver',
      operationId: 'redeliverWebhook',
      summary: 'Send a message again under its own id; a receiver that had it already may drop it',
      params: deliveryParams,
      query: none,
      body: noBody,
      response: messageView,
      status: 202,
      refuses: ['forbidden', 'human_required', 'not_found'],
      handle: async ({ actor, params: { webhook_id, message_id } }) => {
        const known = await within(actor, webhook_id, (tenant) => redeliver(tenant, webhook_id, message_id));
        if (!known) throw missingWebhook();
        return { body: { message_id } };
      },
    }),
  ];
}
