import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { createStripeEventActivities, type StripeEventActivities } from '../../activities/stripe-events.js';
import { expectAnswer } from '../../scripts/demo/client.js';
import { signatureOf } from '../../scripts/stack/stripe-stand-in/deliveries.js';
import { createApi } from '../../src/api.js';
import { createMembershipDurable } from '../../src/membership/durable.js';
import { approved, becomes, member, openCheckout, readMembership } from '../rig/membership.js';
import { internalKeyOf } from '../rig/people.js';
import { openRig, SECOND_WEBHOOK_SECRET, WEBHOOK_SECRET, type Rig } from '../rig/rig.js';

let rig: Rig;
let activities: StripeEventActivities;
beforeAll(async () => {
  rig = await openRig();
  const { client, queues, logger, database, billing } = rig.parts;
  const memberships = createMembershipDurable(client, queues);
  activities = createStripeEventActivities({ database, billing, memberships, logger });
});
afterAll(() => rig.close());

async function inActivity<T>(work: () => Promise<T>): Promise<T> {
  const done: T[] = [];
  await new MockActivityEnvironment().run(async () => {
    done.push(await work());
  });
  const [result] = done;
  if (result === undefined) throw new Error('the activity answered nothing');
  return result;
}

const eventOf = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    id: `evt_${randomBytes(8).toString('hex')}`,
    object: 'event',
    type: 'invoice.paid',
    created: Math.floor(Date.now() / 1000),
    data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_nobody' } },
    ...changes,
  });
const now = (): number => Math.floor(Date.now() / 1000);
const send = async (body: string, signature: string | undefined): Promise<string> => {
  const headers = {
    'content-type': 'application/json',
    ...(signature === undefined ? {} : { 'stripe-signature': signature }),
  };
  const response = await fetch(`${rig.base}/stripe/webhook`, { method: 'POST', headers, body });
  const { code = 'received' } = z.object({ code: z.string().optional() }).parse(await response.json());
  return `${String(response.status)} ${code}`;
};
const countEvents = (): Promise<number> =>
  rig.database.system(async ({ trx }) => {
    const rows: unknown[] = await trx('stripe_events').select('id');
    return rows.length;
  });
const age = (): Promise<unknown> =>
  rig.database.system(({ trx }) =>
    trx.raw("update stripe_events set received_at = now() - interval '1 minute' where processed_at is null"),
  );

test('forged, stale, future, unsigned and re-serialised events are refused and leave no row', async () => {
  const body = eventOf();
  const before = await countEvents();
  expect(await send(body, undefined)).toBe('400 invalid_signature');
  expect(await send(body, 'nonsense')).toBe('400 invalid_signature');
  expect(await send(body, signatureOf(body, 'whsec_forged'))).toBe('400 invalid_signature');
  expect(await send(body, signatureOf(body, WEBHOOK_SECRET, now() - 301))).toBe('400 invalid_signature');
  expect(await send(body, signatureOf(body, WEBHOOK_SECRET, now() + 310))).toBe('400 invalid_signature');
  expect(await send(JSON.stringify(JSON.parse(body), null, 1), signatureOf(body, WEBHOOK_SECRET))).toBe(
    '400 invalid_signature',
  );
  const odd = JSON.stringify({ hello: 'world' });
  expect(await send(odd, signatureOf(odd, WEBHOOK_SECRET))).toBe('400 invalid_request');
  const huge = eventOf({ padding: 'x'.repeat(1024 * 1024) });
  expect(await send(huge, signatureOf(huge, WEBHOOK_SECRET))).toBe('413 payload_too_large');
  expect(await countEvents()).toBe(before);
});

test('while secrets rotate either signs, and a header with both signatures passes', async () => {
  const body = eventOf();
  expect(await send(body, signatureOf(body, SECOND_WEBHOOK_SECRET))).toBe('200 received');
  const [, other] = signatureOf(body, 'whsec_retired').split(',');
  expect(await send(body, `${signatureOf(body, WEBHOOK_SECRET)},${other ?? ''}`)).toBe('200 received');
  const large = eventOf({ padding: 'x'.repeat(1024 * 1000) });
  expect(await send(large, signatureOf(large, WEBHOOK_SECRET))).toBe('200 received');
});

test('an event is kept once, one of no interest is ignored, and what nobody knows is given up after an hour', async () => {
  const body = eventOf();
  for (let copy = 0; copy < 10; copy += 1)
    expect(await send(body, signatureOf(body, WEBHOOK_SECRET))).toBe('200 received');
  const dull = eventOf({ type: 'product.created' });
  await send(dull, signatureOf(dull, WEBHOOK_SECRET));
  const staff = await internalKeyOf(rig, ['webhooks:maintain']);
  const list = z.object({ data: z.array(z.object({ id: z.string() })) });
  const idsOf = async (outcome: string): Promise<string[]> =>
    expectAnswer(await staff.call('GET', `/internal/stripe/events?outcome=${outcome}&limit=100`), [200], list).data.map(
      ({ id }) => id,
    );
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(body));
  expect((await idsOf('waiting')).filter((one) => one === id)).toHaveLength(1);
  expect(await idsOf('ignored')).toHaveLength(1);
  await rig.database.system(({ trx }) =>
    trx.raw("update stripe_events set received_at = now() - interval '2 hours' where id = ?", [id]),
  );
  const swept = await inActivity(() => activities.sweepStripeEvents());
  expect(swept).toMatchObject({ unknown: 1 });
  expect(await idsOf('unknown_customer')).toContain(id);
});

test('with Temporal away a webhook is answered at once, and the sweep does what it would have done', async () => {
  const { owner } = await approved(rig);
  const session = await openCheckout(owner);
  rig.stripe.deliveries.behave({ hold: true });
  rig.stripe.world.leave(session, 'paid');
  const events = rig.stripe.world.books.events.filter(({ data }) => JSON.stringify(data).includes(session));
  rig.stripe.deliveries.behave({});
  const { Client, Connection } = await import('@temporalio/client');
  const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:9' }) });
  const { createServer } = await import('node:http');
  const answer = createApi({ ...rig.parts, client: away }).callback();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (const event of events) {
    const body = JSON.stringify(event);
    const headers = { 'stripe-signature': signatureOf(body, WEBHOOK_SECRET) };
    const response = await fetch(`http://127.0.0.1:${String(port)}/stripe/webhook`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(1000),
    });
    expect(response.status).toBe(200);
  }
  server.closeAllConnections();
  server.close();
  expect(await readMembership(owner)).toMatchObject({ state: 'checkout_pending' });
  await age();
  expect((await inActivity(() => activities.sweepStripeEvents())).driven).toBeGreaterThan(0);
  await becomes(owner, 'active paid');
});

test('events duplicated, reversed and late end in the same membership with one receipt', async () => {
  const { owner } = await approved(rig);
  const session = await openCheckout(owner);
  rig.stripe.deliveries.behave({ hold: true });
  rig.stripe.world.leave(session, 'bank_debit');
  rig.stripe.world.settle(session, true);
  rig.stripe.deliveries.behave({ copies: 5 });
  await rig.stripe.deliveries.release((events) => events.toReversed());
  rig.stripe.deliveries.behave({});
  await becomes(owner, 'active paid');
  const { history } = await readMembership(owner);
  expect(history.filter(({ to }) => to === 'active')).toHaveLength(1);
});

test('the return from the payment page and the nightly reconciliation find what no webhook told', async () => {
  const { owner } = await approved(rig);
  const session = await openCheckout(owner);
  rig.stripe.deliveries.behave({ hold: true });
  rig.stripe.world.leave(session, 'paid');
  expect((await rig.call('GET', `/membership/checkout/return?session_id=${session}`)).json).toEqual({
    state: 'confirming',
  });
  await becomes(owner, 'active paid');
  const other = await approved(rig);
  rig.stripe.world.leave(await openCheckout(other.owner), 'paid');
  const reconciled = await inActivity(() => activities.reconcileMemberships());
  expect(reconciled.memberships).toBeGreaterThan(1);
  expect(reconciled.strangers).toBe(0);
  await becomes(other.owner, 'active paid');
  await rig.stripe.deliveries.release();
  rig.stripe.deliveries.behave({});
});

test('replay brings back what never came and takes again what is named, and changes nothing twice', async () => {
  const { owner } = await member(rig);
  const staff = await internalKeyOf(rig, ['webhooks:maintain']);
  const answer = z.object({ added: z.int(), reopened: z.int() });
  const since = new Date(Date.now() - 86_400_000).toISOString();
  const all = rig.stripe.world.books.events.length;
  const first = expectAnswer(await staff.call('POST', '/internal/stripe/replay', { since }), [200], answer);
  expect(first.added).toBeLessThanOrEqual(all);
  expect(expectAnswer(await staff.call('POST', '/internal/stripe/replay', { since }), [200], answer).added).toBe(0);
  const event_ids = [rig.stripe.world.books.events.at(-1)?.id ?? ''];
  expect(expectAnswer(await staff.call('POST', '/internal/stripe/replay', { event_ids }), [200], answer).reopened).toBe(
    1,
  );
  await inActivity(() => activities.sweepStripeEvents());
  await becomes(owner, 'active paid');
});
