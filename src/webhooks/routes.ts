import { z } from 'zod';
import type { WebhookSender } from '../adapters/webhook-sender.js';
import { recordEvent } from '../audit-log/store.js';
import type { Person } from '../auth/actor.js';
import type { Tokens } from '../auth/tokens.js';
import { commandActor } from '../commands/actor.js';
import { once } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { cutPage, nextLink, pageQuery, readPage } from '../http/paging.js';
import { requireMatch } from '../http/precondition.js';
import { Refusal } from '../kernel/refusals.js';
import { requireNoSandbox } from '../sandboxes/store.js';
import { mayKeepWebhooks } from './policy.js';
import {
  newWebhookView,
  rotateSecretBody,
  webhookBody,
  webhookParams,
  webhookPatch,
  webhooksView,
  webhookView,
} from './schema.js';
import { webhookSecret } from './secret.js';
import {
  changeWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  renewSecret,
  type Webhook,
} from './store.js';
import { etagOf, showWebhook } from './view.js';

export interface WebhookRouteDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly webhooks: WebhookSender;
  readonly publicUrl: string;
}

export const missingWebhook = (): Refusal => new Refusal('not_found', 'No such webhook.');
const common = { auth: person, may: mayKeepWebhooks } as const;

/** Endpoints: rows of our own. What is told to them is written by the facts themselves, and sent by a worker. */
export function webhookRoutes({ database, tokens, webhooks, publicUrl }: WebhookRouteDeps): readonly Route[] {
  const requireReachable = (url: string | undefined): void => {
    const fault = url === undefined ? undefined : webhooks.faultOf(url);
    if (fault !== undefined) throw new Refusal('invalid_webhook_url', `The address ${fault}.`);
  };
  const locked = async (tenant: Tenant, id: string): Promise<Webhook> => {
    const webhook = await lockWebhook(tenant, id);
    if (!webhook) throw missingWebhook();
    return webhook;
  };
  const tell = (tenant: Tenant, by: { actor: Person; request: RequestInfo }, did: string, target: string) =>
    recordEvent(tenant, { actor: commandActor(by.actor, by.request), action: `webhook.${did}`, target });
  /** The secret is in the first answer alone; a repetition gets the same endpoint without it. */
  const withSecret = async (
    by: { actor: Person; request: RequestInfo },
    command: { commandId: string; requestHash: string },
    work: (tenant: Tenant) => Promise<Webhook>,
  ): Promise<{ body: z.input<typeof newWebhookView>; headers: Record<string, string> }> => {
    let secret: string | null = null;
    const { result, replayed } = await database.tenant(by.actor.orgId, (tenant) =>
      once(tenant, command, webhookView, async () => {
        const webhook = await work(tenant);
        secret = webhookSecret(tokens, webhook.id, webhook.generation);
        return showWebhook(webhook);
      }),
    );
    const headers = { ...replayHeaders(replayed), ETag: etagOf(result.revision), 'Cache-Control': 'no-store' };
    return { body: { ...result, secret }, headers };
  };
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/webhooks',
      operationId: 'listWebhooks',
      summary: 'Where events of the organization are sent',
      params: none,
      query: z.strictObject(pageQuery),
      body: noBody,
      response: webhooksView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const found = await database.tenant(actor.orgId, (tenant) => listWebhooks(tenant, page));
        const { shown, nextCursor } = cutPage(found, page.limit);
        return {
          body: { data: shown.map(showWebhook), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/webhooks', query, nextCursor),
        };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/webhooks',
      operationId: 'createWebhook',
      summary: 'Have events sent to an address; the signing secret is shown once',
      params: none,
      query: none,
      body: webhookBody,
      response: newWebhookView,
      status: 201,
      refuses: [
        'forbidden',
        'human_required',
        'invalid_request',
        'invalid_webhook_url',
        'invalid_transition',
        'idempotency_mismatch',
      ],
      handle: async ({ actor, body, request }) => {
        requireReachable(body.url);
        return withSecret({ actor, request }, plainCommand(actor, 'createWebhook', request, body), async (tenant) => {
          await requireNoSandbox(tenant);
          const webhook = await insertWebhook(tenant, { ...body, id: newId('webhook'), createdBy: actor.userId });
          await tell(tenant, { actor, request }, 'created', webhook.id);
          return webhook;
        });
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/webhooks/{webhook_id}',
      operationId: 'getWebhook',
      summary: 'One endpoint and whether it works',
      params: webhookParams,
      query: none,
      body: noBody,
      response: webhookView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found'],
      handle: async ({ actor, params }) => {
        const webhook = await database.tenant(actor.orgId, (tenant) => findWebhook(tenant, params.webhook_id));
        if (!webhook) throw missingWebhook();
        return { body: showWebhook(webhook), headers: { ETag: etagOf(webhook.version) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'patch',
      path: '/webhooks/{webhook_id}',
      operationId: 'changeWebhook',
      summary: 'Change an endpoint, or disable and enable it; enabled again, it gets what has waited',
      params: webhookParams,
      query: none,
      body: webhookPatch,
      response: webhookView,
      status: 200,
      refuses: [
        'forbidden',
        'human_required',
        'not_found',
        'invalid_request',
        'invalid_webhook_url',
        'precondition_failed',
        'precondition_required',
      ],
      handle: async ({ actor, params, body, request }) => {
        requireReachable(body.url);
        const changed = await database.tenant(actor.orgId, async (tenant) => {
          const webhook = await locked(tenant, params.webhook_id);
          requireMatch(request, etagOf(webhook.version));
          await tell(tenant, { actor, request }, 'changed', webhook.id);
          return changeWebhook(tenant, webhook, body);
        });
        return { body: showWebhook(changed), headers: { ETag: etagOf(changed.version) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: '/webhooks/{webhook_id}',
      operationId: 'deleteWebhook',
      summary: 'End an endpoint; what has waited for it is never sent',
      params: webhookParams,
      query: none,
      body: noBody,
      response: z.strictObject({ id: z.string() }),
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found'],
      handle: async ({ actor, params, request }) => {
        await database.tenant(actor.orgId, async (tenant) => {
          const webhook = await locked(tenant, params.webhook_id);
          await changeWebhook(tenant, webhook, { state: 'deleted' });
          await tell(tenant, { actor, request }, 'deleted', webhook.id);
        });
        return { body: { id: params.webhook_id } };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/webhooks/{webhook_id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Replace the signing secret; for the overlap each message carries both signatures',
      params: webhookParams,
      query: none,
      body: rotateSecretBody,
      response: newWebhookView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found', 'invalid_request', 'idempotency_mismatch'],
      handle: async ({ actor, params, body, request }) => {
        const command = plainCommand(actor, `rotateWebhookSecret ${params.webhook_id}`, request, body);
        return withSecret({ actor, request }, command, async (tenant) => {
          const webhook = await locked(tenant, params.webhook_id);
          await tell(tenant, { actor, request }, 'secret_rotated', webhook.id);
          return renewSecret(tenant, webhook, body.overlap_hours);
        });
      },
    }),
  ];
}
