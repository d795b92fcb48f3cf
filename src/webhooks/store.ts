import { raw, type PartialModelObject } from 'objection';
import type { Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { WebhookRow } from './model.js';

export type Webhook = Readonly<
  Pick<
    WebhookRow,
    | 'id'
    | 'url'
    | 'description'
    | 'events'
    | 'state'
    | 'because'
    | 'version'
    | 'generation'
    | 'earlierUntil'
    | 'failingSince'
    | 'createdBy'
    | 'createdAt'
  >
>;

export async function insertWebhook(
  tenant: Tenant,
  webhook: Pick<Webhook, 'id' | 'url' | 'description' | 'createdBy'> & { readonly events: readonly string[] },
): Promise<Webhook> {
  const row = { ...webhook, events: [...webhook.events], orgId: tenant.orgId, state: 'enabled' as const };
  return WebhookRow.query(tenant.trx).insert(row).returning('*');
}

/** Newest first, one more than asked for. */
export async function listWebhooks(tenant: Tenant, { limit, after }: PageQuery): Promise<readonly Webhook[]> {
  const query = WebhookRow.query(tenant.trx).where({ orgId: tenant.orgId }).whereNot({ state: 'deleted' });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

export async function findWebhook(tenant: Tenant, id: string): Promise<Webhook | undefined> {
  return WebhookRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).whereNot({ state: 'deleted' });
}

/** Reads an endpoint for change: changes of one endpoint pass one at a time. */
export async function lockWebhook(tenant: Tenant, id: string): Promise<Webhook | undefined> {
  return WebhookRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).whereNot({ state: 'deleted' }).forUpdate();
}

export interface WebhookPatch {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly state?: 'enabled' | 'disabled' | 'deleted' | undefined;
}

/** Changes a locked endpoint. One that is enabled again is sent at once what has waited for it. */
export async function changeWebhook(tenant: Tenant, webhook: Webhook, patch: WebhookPatch): Promise<Webhook> {
  const { url = webhook.url, description = webhook.description, events = webhook.events, state } = patch;
  const turned: PartialModelObject<WebhookRow> =
    state === undefined || state === webhook.state
      ? {}
      : { state, because: state === 'disabled' ? 'by_person' : null, failingSince: null };
  const row = await patchWebhook(tenant, webhook, { url, description, events: [...events], ...turned });
  if (turned.state !== undefined) await wake(tenant, webhook.id, turned.state === 'enabled');
  return row;
}

/** Replaces the secret; for the overlap messages are signed with both. */
export async function renewSecret(tenant: Tenant, webhook: Webhook, overlapHours: number): Promise<Webhook> {
  return patchWebhook(tenant, webhook, {
    generation: webhook.generation + 1,
    earlierUntil: raw(`now() + make_interval(hours => ?)`, [overlapHours]),
  });
}

async function patchWebhook(
  tenant: Tenant,
  { id, version }: Webhook,
  patch: PartialModelObject<WebhookRow>,
): Promise<Webhook> {
  await WebhookRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId })
    .patch({ ...patch, version: version + 1 });
  return WebhookRow.query(tenant.trx).findById(id).throwIfNotFound();
}

async function wake({ trx }: Tenant, endpointId: string, isEnabled: boolean): Promise<void> {
  await trx.raw(`update webhook_deliveries set due_at = ? where endpoint_id = ? and state = 'waiting'`, [
    isEnabled ? trx.fn.now() : 'infinity',
    endpointId,
  ]);
  if (isEnabled) await trx.raw('notify webhooks');
}
