import { raw } from 'objection';
import type { StripeNotice } from '../adapters/stripe.js';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { findOwner } from '../membership/store.js';
import { StripeEventRow } from './model.js';
import { handledEvents, type EventOutcome } from './rules.js';

/** An event as it is kept: that it came and whose it is. Its content stays at Stripe. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly createdAt: Date;
  readonly customerId: string | null;
  readonly paymentId: string | null;
  readonly membershipId: string | null;
  readonly orgId: string | null;
  readonly receivedAt: Date;
  readonly processedAt: Date | null;
  readonly outcome: EventOutcome | null;
}

/** Keeps an event before anything else happens. Safe to repeat: one row per id; undefined when it was there. */
export async function insertEvent(
  system: System,
  notice: StripeNotice,
): Promise<Pick<StoredEvent, 'id' | 'type' | 'orgId' | 'outcome'> | undefined> {
  const isHandled = handledEvents.includes(notice.type);
  const orgId = (isHandled ? await findOwner(system, notice) : undefined) ?? null;
  const outcome = isHandled ? null : 'ignored';
  const inserted: unknown[] = await system
    .trx('stripe_events')
    .insert({ ...notice, orgId, outcome, processedAt: isHandled ? null : new Date() })
    .onConflict('id')
    .ignore()
    .returning('id');
  return inserted.length === 0 ? undefined : { id: notice.id, type: notice.type, orgId, outcome };
}

/** Events that nothing has come of yet though they have been here a while, oldest first. */
export async function listUnprocessed(system: System, olderThan: Date, limit: number): Promise<readonly StoredEvent[]> {
  return StripeEventRow.query(system.trx)
    .whereNull('processedAt')
    .where('receivedAt', '<=', olderThan)
    .orderBy('receivedAt')
    .limit(limit);
}

/** Gives an event to the organization that turned out to be its owner. */
export async function assignEvent(system: System, id: string, orgId: string): Promise<void> {
  await StripeEventRow.query(system.trx).where({ id }).whereNull('processedAt').patch({ orgId });
}

/** Gives up on an event whose customer nobody knows. */
export async function abandonEvent(system: System, id: string): Promise<void> {
  await StripeEventRow.query(system.trx)
    .where({ id })
    .whereNull('processedAt')
    .patch({ processedAt: raw('now()'), outcome: 'unknown_customer' });
}

/** Makes events unprocessed again, so that the sweep takes them. */
export async function reopenEvents(system: System, ids: readonly string[]): Promise<number> {
  return StripeEventRow.query(system.trx)
    .whereIn('id', [...ids])
    .patch({ processedAt: null, outcome: null, receivedAt: raw("now() - interval '1 minute'") });
}

/** The organization's events that wait for a reading; taken before the reading, so that it covers them. */
export async function listWaiting(tenant: Tenant): Promise<readonly string[]> {
  const rows = await StripeEventRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereNull('processedAt')
    .select('id');
  return rows.map(({ id }) => id);
}

/** Ends events that a reading of Stripe has covered, in the transaction that stores what was read. */
export async function markProcessed(tenant: Tenant, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await StripeEventRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn('id', [...ids])
    .patch({ processedAt: raw('now()'), outcome: 'read' });
}

/** Newest first, one more than asked for. */
export async function listEvents(
  system: System,
  { limit, after }: PageQuery,
  { outcome }: { readonly outcome: EventOutcome | 'waiting' | undefined },
): Promise<readonly StoredEvent[]> {
  const query = StripeEventRow.query(system.trx);
  if (outcome === 'waiting') void query.whereNull('outcome');
  else if (outcome !== undefined) void query.where({ outcome });
  if (after) void query.whereRaw('(received_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'receivedAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}
