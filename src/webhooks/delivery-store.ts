import { z } from 'zod';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import { WebhookAttemptRow } from './model.js';

/** One message on its way to one endpoint. */
export interface Delivery {
  readonly endpointId: string;
  readonly seq: number;
  readonly orgId: string;
  readonly attempts: number;
  readonly url: string;
  readonly generation: number;
  /** The earlier secret signs too. */
  readonly isRotating: boolean;
  readonly messageId: string;
  readonly type: string;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}
export interface Attempt {
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}
export interface LoggedDelivery {
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly object: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly createdAt: Date;
  readonly dueAt: Date | null;
  readonly attempts: readonly Attempt[];
}

const rows = <S extends z.ZodType>(row: S) => z.object({ rows: z.array(row) });
const deliveryRows = rows(
  z.object({
    endpoint_id: z.string(),
    seq: z.int(),
    org_id: z.string(),
    attempts: z.int(),
    url: z.string(),
    generation: z.int(),
    is_rotating: z.boolean(),
    message_id: z.string(),
    type: z.string(),
    at: z.date(),
    data: z.record(z.string(), z.unknown()),
  }),
);
/** Longer than a try may take: a sender that died gives its deliveries back after this. */
const LEASE = '30 seconds';

/**
 * Leases deliveries whose time has come: of each object the oldest alone, so that an endpoint hears of it in order; of a
 * healthy endpoint eight at once, of a failing one a single one, so that nobody's receiver keeps the others waiting.
 * SKIP LOCKED lets two senders share the work; a lease that runs out is a delivery that is made again.
 */
export async function takeDeliveries({ trx }: System, limit: number): Promise<readonly Delivery[]> {
  const { rows: taken } = deliveryRows.parse(
    await trx.raw(
      `with due as (
         select d.endpoint_id, d.seq, d.due_at, e.failing_since,
           (select count(*) from webhook_deliveries f where f.endpoint_id = d.endpoint_id and f.leased_until > now()) as under_way
         from webhook_deliveries d join webhook_endpoints e on e.org_id = d.org_id and e.id = d.endpoint_id
         where d.state = 'waiting' and d.due_at <= now() and (d.leased_until is null or d.leased_until <= now()) and e.state = 'enabled'
           and not exists (select 1 from webhook_deliveries x
             where x.endpoint_id = d.endpoint_id and x.object = d.object and x.state = 'waiting' and x.seq < d.seq)
         order by d.due_at, d.seq limit 400),
       ranked as (
         select *, row_number() over (partition by endpoint_id order by due_at, seq) + under_way as place from due),
       ready as (
         select d.endpoint_id, d.seq from webhook_deliveries d join ranked r on r.endpoint_id = d.endpoint_id and r.seq = d.seq
         where r.place <= case when r.failing_since is null then 8 else 1 end
           and d.state = 'waiting' and (d.leased_until is null or d.leased_until <= now())
         order by r.due_at, r.seq limit ? for update of d skip locked)
       update webhook_deliveries d set attempts = d.attempts + 1, leased_until = now() + interval '${LEASE}'
       from ready r join webhook_endpoints e on e.id = r.endpoint_id join webhook_messages m on m.seq = r.seq
       where d.endpoint_id = r.endpoint_id and d.seq = r.seq
       returning d.endpoint_id, d.seq, d.org_id, d.attempts, e.url, e.generation, coalesce(e.earlier_until > now(), false) as is_rotating,
         m.id as message_id, m.type, m.at, m.data`,
      [limit],
    ),
  );
  return taken.map((row) => ({
    endpointId: row.endpoint_id,
    seq: row.seq,
    orgId: row.org_id,
    isRotating: row.is_rotating,
    messageId: row.message_id,
    ...{ attempts: row.attempts, url: row.url, generation: row.generation, type: row.type, at: row.at, data: row.data },
  }));
}

/** Writes a try to the log. */
export async function logAttempt(
  { trx }: System,
  { endpointId, seq, orgId }: Delivery,
  tried: Omit<Attempt, 'at'>,
): Promise<void> {
  await WebhookAttemptRow.query(trx).insert({ endpointId, seq, orgId, ...tried });
}

/** Ends a delivery; with a success, the endpoint is no longer failing. Safe to repeat: it is ended then already. */
export async function endDelivery({ trx }: System, { endpointId, seq }: Delivery, delivered: boolean): Promise<void> {
  await trx.raw(`update webhook_deliveries set state = ?, leased_until = null where endpoint_id = ? and seq = ?`, [
    delivered ? 'delivered' : 'failed',
    endpointId,
    seq,
  ]);
  if (delivered)
    await trx.raw(`update webhook_endpoints set failing_since = null where id = ? and failing_since is not null`, [
      endpointId,
    ]);
}

/** Puts a delivery off, and with it the later ones of the same object. */
export async function putOff({ trx }: System, { endpointId, seq }: Delivery, seconds: number): Promise<void> {
  await trx.raw(`update webhook_endpoints set failing_since = now() where id = ? and failing_since is null`, [
    endpointId,
  ]);
  await trx.raw(
    `update webhook_deliveries d set due_at = greatest(d.due_at, now() + make_interval(secs => ?)), leased_until = null
     from webhook_deliveries h where h.endpoint_id = ? and h.seq = ?
       and d.endpoint_id = h.endpoint_id and d.object = h.object and d.state = 'waiting' and d.seq >= h.seq`,
    [seconds, endpointId, seq],
  );
}

/** Disables an endpoint whose receiver is gone, or that has failed for as long as this delivery was tried. */
export async function disableDead({ trx }: System, delivery: Delivery, because: 'gone' | 'failing'): Promise<boolean> {
  const { rows: changed } = rows(z.object({ id: z.string() })).parse(
    await trx.raw(
      `update webhook_endpoints e set state = 'disabled', because = ?, version = version + 1
       where e.id = ? and e.state = 'enabled' and (? = 'gone' or e.failing_since <=
         (select min(a.at) + interval '1 minute' from webhook_attempts a where a.endpoint_id = e.id and a.seq = ?)) returning e.id`,
      [because, delivery.endpointId, because, delivery.seq],
    ),
  );
  if (changed.length === 0) return false;
  await trx.raw(`update webhook_deliveries set due_at = 'infinity' where endpoint_id = ? and state = 'waiting'`, [
    delivery.endpointId,
  ]);
  return true;
}

/** Sends one endpoint a message of its own, whatever it subscribed to. */
export async function insertTest({ trx, orgId }: Tenant, endpointId: string): Promise<string> {
  const { rows: made } = rows(z.object({ id: z.string(), seq: z.int() })).parse(
    await trx.raw(
      `insert into webhook_messages (org_id, type, object, data) values (?, 'webhook.test', ?, ?) returning id, seq`,
      [orgId, endpointId, JSON.stringify({ webhook_id: endpointId })],
    ),
  );
  const [message] = made;
  if (!message) throw new Error('insertTest: no message');
  await trx('webhook_deliveries').insert({ endpointId, seq: message.seq, orgId, object: endpointId });
  await trx.raw('notify webhooks');
  return message.id;
}

/** Makes a delivery wait anew, from its first try. Undefined when the endpoint was never to have the message. */
export async function redeliver({ trx, orgId }: Tenant, endpointId: string, messageId: string): Promise<boolean> {
  const { rows: changed } = rows(z.object({ seq: z.int() })).parse(
    await trx.raw(
      `update webhook_deliveries d set state = 'waiting', attempts = 0, due_at = now() from webhook_messages m
       where m.org_id = d.org_id and m.seq = d.seq and d.org_id = ? and d.endpoint_id = ? and m.id = ? returning d.seq`,
      [orgId, endpointId, messageId],
    ),
  );
  if (changed.length > 0) await trx.raw('notify webhooks');
  return changed.length > 0;
}

const loggedRows = rows(
  z.object({
    id: z.string(),
    seq: z.int(),
    type: z.string(),
    object: z.string(),
    data: z.record(z.string(), z.unknown()),
    state: z.enum(['waiting', 'delivered', 'failed']),
    at: z.date(),
    next_at: z.date().nullable(),
  }),
);

/** The delivery log of an endpoint with every try, newest first, one more than asked for. */
export async function listDeliveries(
  { trx, orgId }: Tenant,
  endpointId: string,
  { limit, after }: PageQuery,
  state: LoggedDelivery['state'] | undefined,
): Promise<readonly LoggedDelivery[]> {
  const { rows: found } = loggedRows.parse(
    await trx.raw(
      `select m.id, m.seq, m.type, m.object, m.data, m.at, d.state,
         case when d.state = 'waiting' and d.due_at < 'infinity' then d.due_at end as next_at
       from webhook_deliveries d join webhook_messages m on m.org_id = d.org_id and m.seq = d.seq
       where d.org_id = :orgId and d.endpoint_id = :endpointId and (:state::text is null or d.state = :state)
         and (:at::timestamptz is null or (m.at, m.id) < (:at, :id))
       order by m.at desc, m.id desc limit :limit`,
      { orgId, endpointId, state: state ?? null, at: after?.at ?? null, id: after?.id ?? null, limit: limit + 1 },
    ),
  );
  const tries = await WebhookAttemptRow.query(trx)
    .where({ orgId, endpointId })
    .whereIn(
      'seq',
      found.map(({ seq }) => seq),
    )
    .orderBy('id');
  return found.map(({ at, next_at, ...row }) => ({
    ...row,
    createdAt: at,
    dueAt: next_at,
    attempts: tries.filter(({ seq }) => seq === row.seq),
  }));
}
