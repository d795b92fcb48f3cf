import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { isEntitled, requireEntitled } from '../../src/membership/entitlement.js';
import {
  apply,
  approved,
  becomes,
  member,
  membershipAnswer,
  openCheckout,
  paymentOf,
  readMembership,
} from '../rig/membership.js';
import { internalKeyOf, join, signUp } from '../rig/people.js';
import { openRig, PLATFORM_ADMIN, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const entitled = (orgId: string): Promise<boolean> => rig.database.tenant(orgId, isEntitled);
const YEAR = 365 * 86_400;

test('an organization applies, is approved, pays, is entitled, and has a receipt for it', async () => {
  const owner = await signUp(rig);
  expect(await readMembership(owner)).toMatchObject({ state: 'none', because: 'not_applied', entitled: false });
  expect(refusalOf(await owner.call('POST', '/membership/checkout'))).toBe('409 not_a_member_yet');
  const slug = await apply(owner);
  expect(refusalOf(await owner.call('POST', '/membership/apply', { use_case: 'Again.' }))).toBe(
    '409 invalid_transition',
  );
  expect(refusalOf(await owner.call('POST', '/membership/checkout'))).toBe('409 not_a_member_yet');
  const desk = await internalKeyOf(rig, ['membership:approve']);
  const first = await desk.call('POST', '/membership/approve', { slug });
  expect(first.status).toBe(200);
  expect(await desk.call('POST', '/membership/approve', { slug })).toMatchObject({ status: 200, json: first.json });
  const session = await openCheckout(owner);
  expect(await readMembership(owner)).toMatchObject({ state: 'checkout_pending', entitled: false });
  await expect(rig.database.tenant(owner.orgId, requireEntitled)).rejects.toMatchObject({
    code: 'membership_required',
  });
  rig.stripe.world.leave(session, 'paid');
  const active = await becomes(owner, 'active paid');
  expect(active.entitled).toBe(true);
  expect(await entitled(owner.orgId)).toBe(true);
  const receiptId = await eventually('the receipt', 10_000, async () => {
    const id = (await readMembership(owner)).history.find(({ to }) => to === 'active')?.receipt_id;
    if (id === undefined || id === null) throw new Error('not yet');
    return id;
  });
  const receipt = expectAnswer(
    await owner.call('GET', `/receipts/${receiptId}`),
    [200],
    z.object({ kind: z.string(), share_url: z.string() }),
  );
  expect(receipt.kind).toBe('membership');
  expect(refusalOf(await owner.call('POST', '/membership/checkout'))).toBe('409 already_member');
  const portal = expectAnswer(await owner.call('POST', '/membership/portal'), [200], z.object({ url: z.url() }));
  expect(portal.url).toContain('/portal/cus_');
});

test('what another organization applied for or paid is nowhere to be seen, and members may only look', async () => {
  const { owner } = await member(rig);
  const stranger = await signUp(rig);
  expect(await readMembership(stranger)).toMatchObject({ state: 'none', application: null, history: [] });
  expect(await entitled(stranger.orgId)).toBe(false);
  const viewer = await join(rig, owner, 'viewer', false);
  expect((await readMembership(viewer)).checkout).toBeNull();
  for (const path of ['/membership/checkout', '/membership/portal'])
    expect(refusalOf(await viewer.call('POST', path))).toBe('403 forbidden');
});

test('two checkouts at once open one page, and the same key gets the same answer', async () => {
  const { owner } = await approved(rig);
  const sessions = await Promise.all([openCheckout(owner), openCheckout(owner), openCheckout(owner)]);
  expect(new Set(sessions).size).toBe(1);
  const mine = rig.stripe.world.books.sessions.filter(({ id }) => id === sessions[0]);
  expect(rig.stripe.world.books.sessions.filter(({ customer }) => customer === mine[0]?.customer)).toHaveLength(1);
});

test('a payment under way is waited for: confirmed it makes a member, failed it leads back', async () => {
  for (const paid of [true, false]) {
    const { owner } = await approved(rig);
    const session = await openCheckout(owner);
    rig.stripe.world.leave(session, 'bank_debit');
    await becomes(owner, 'checkout_pending payment_pending');
    expect(refusalOf(await owner.call('POST', '/membership/checkout'))).toBe('409 invalid_transition');
    rig.stripe.world.settle(session, paid);
    await becomes(owner, paid ? 'active paid' : 'approved payment_failed');
  }
});

test('an expired page leads back, and the next one is another', async () => {
  const { owner } = await approved(rig);
  const first = await openCheckout(owner);
  rig.stripe.world.expire(first);
  await becomes(owner, 'approved checkout_expired');
  expect(await openCheckout(owner)).not.toBe(first);
});

test('cancelling keeps the access until the end of the period, and resuming undoes it', async () => {
  const { owner, subscriptionId } = await member(rig);
  rig.stripe.world.setCancelAtPeriodEnd(subscriptionId, true);
  const ending = await becomes(owner, 'cancelling ends_with_period');
  expect(ending).toMatchObject({ entitled: true, access_until: ending.period?.end });
  rig.stripe.world.setCancelAtPeriodEnd(subscriptionId, false);
  await becomes(owner, 'active paid');
  rig.stripe.world.cancel(subscriptionId);
  expect((await becomes(owner, 'cancelled cancelled')).entitled).toBe(false);
  const again = await openCheckout(owner);
  rig.stripe.world.leave(again, 'paid');
  await becomes(owner, 'active paid');
});

test('a year later it renews with a receipt; a failed renewal has grace, and then lapses', async () => {
  const { owner, subscriptionId } = await member(rig);
  const before = (await readMembership(owner)).period?.end ?? '';
  rig.stripe.world.advance(YEAR + 60);
  await eventually('the renewal', 15_000, async () => {
    const { period } = await readMembership(owner);
    if (period === null || period.end <= before) throw new Error('not yet');
  });
  rig.stripe.world.setFailing(subscriptionId, true);
  rig.stripe.world.advance(YEAR);
  expect((await becomes(owner, 'past_due payment_failed')).entitled).toBe(true);
  rig.stripe.world.advance(15 * 86_400);
  expect((await becomes(owner, 'lapsed payment_failed')).entitled).toBe(false);
  const { history } = await eventually('the receipt of the lapse', 10_000, async () => {
    const shown = await readMembership(owner);
    if (shown.history[0]?.receipt_id == null) throw new Error('not yet');
    return shown;
  });
  expect(history.filter(({ receipt_id }) => receipt_id !== null)).toHaveLength(3);
});

test('a full refund suspends, a part of one changes nothing, a dispute suspends until it is won', async () => {
  const { owner, subscriptionId } = await member(rig);
  const payment = paymentOf(rig, subscriptionId);
  const dispute = rig.stripe.world.dispute(payment);
  expect((await becomes(owner, 'suspended dispute_open')).entitled).toBe(false);
  rig.stripe.world.closeDispute(dispute, true);
  await becomes(owner, 'active paid');
  rig.stripe.world.refund(payment, 100);
  await rig.stripe.deliveries.settled();
  await becomes(owner, 'active paid');
  rig.stripe.world.refund(payment);
  expect((await becomes(owner, 'suspended refunded')).entitled).toBe(false);
  const other = await member(rig);
  rig.stripe.world.closeDispute(rig.stripe.world.dispute(paymentOf(rig, other.subscriptionId)), false);
  await becomes(other.owner, 'cancelled dispute_lost');
});

test('what was paid without a right to it goes back once: after a rejection, and a second time', async () => {
  const { owner, slug, desk } = await approved(rig);
  const session = await openCheckout(owner);
  rig.stripe.deliveries.behave({ hold: true });
  rig.stripe.world.leave(session, 'paid');
  const body = { slug, decision: 'rejected', note: 'Changed our mind.' };
  expectAnswer(await desk.call('POST', '/membership/approve', body), [200], z.unknown());
  await rig.stripe.deliveries.release();
  rig.stripe.deliveries.behave({});
  const { customer = '' } = rig.stripe.world.books.sessions.find(({ id }) => id === session) ?? {};
  const books = rig.stripe.world.books;
  await eventually('the refund', 15_000, () => {
    const charges = books.charges.filter((one) => one.customer === customer);
    if (charges.length === 0 || !charges.every(({ refunded }) => refunded)) throw new Error('not yet');
    return Promise.resolve();
  });
  expect(await readMembership(owner)).toMatchObject({ state: 'rejected', entitled: false });
  expect(refusalOf(await owner.call('POST', '/membership/apply', { use_case: 'Again.' }))).toBe('409 cool_down');

  const twice = await member(rig);
  // Stripe's times are whole seconds: of two that were paid in the same one, neither is the first.
  rig.stripe.world.advance(2);
  const first = books.sessions.find(({ id }) => id === twice.sessionId);
  const second = rig.stripe.world.openSession({
    customer: first?.customer ?? '',
    client_reference_id: first?.client_reference_id ?? '',
    metadata: first?.metadata ?? {},
    expires_at: rig.stripe.world.now() + 3600,
    success_url: '',
    cancel_url: '',
  });
  rig.stripe.world.leave(second.id, 'paid');
  await eventually('the second refund', 15_000, () => {
    if (!books.subscriptions.some(({ id, status }) => id === second.subscription && status === 'canceled'))
      throw new Error('not yet');
    return Promise.resolve();
  });
  expect(
    books.charges.find(({ payment_intent }) => payment_intent === paymentOf(rig, second.subscription ?? ''))?.refunded,
  ).toBe(true);
  await becomes(twice.owner, 'active paid');
});

test('platform admins list, decide, comp, suspend and reinstate', async () => {
  const root = await signUp(rig, PLATFORM_ADMIN);
  const owner = await signUp(rig);
  const slug = await apply(owner);
  const list = z.object({ data: z.array(z.object({ slug: z.string(), organization: z.object({ id: z.string() }) })) });
  const asked = `/admin/applications?state=submitted&organization=${owner.orgId}`;
  expect(expectAnswer(await root.call('GET', asked), [200], list).data).toMatchObject([{ slug }]);
  expectAnswer(await root.call('POST', `/admin/applications/${slug}/approve`, {}), [200], z.unknown());
  expect(expectAnswer(await root.call('GET', asked), [200], list).data).toEqual([]);
  expect(refusalOf(await root.call('POST', '/admin/applications/nobody-here/approve', {}))).toBe('404 not_found');
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const desk = `/admin/memberships/${owner.orgId}`;
  expectAnswer(await root.call('POST', `${desk}/comp`, { until, reason: 'Partner.' }), [200], z.unknown());
  expect(await readMembership(owner)).toMatchObject({ state: 'comped', entitled: true });
  expectAnswer(await root.call('POST', `${desk}/suspend`, { reason: 'Abuse.' }), [200], z.unknown());
  expect(await readMembership(owner)).toMatchObject({ state: 'suspended', entitled: false });
  expectAnswer(await root.call('POST', `${desk}/reinstate`), [200], z.unknown());
  expect(expectAnswer(await owner.call('GET', '/membership'), [200], membershipAnswer).entitled).toBe(true);
  const nobody = '/admin/memberships/org_00000000000000000000000000/suspend';
  expect(refusalOf(await root.call('POST', nobody, { reason: 'No one.' }))).toBe('404 not_found');
});

test('a Stripe that is slow to answer delays a checkout, which then succeeds by itself', async () => {
  for (const how of [429, 500, 'hang'] as const) {
    const { owner } = await approved(rig);
    rig.stripe.fail(how, how === 'hang' ? 1 : 4);
    const answer = await owner.call('POST', '/membership/checkout');
    expect([200, 201, 202]).toContain(answer.status);
    await becomes(owner, 'checkout_pending checkout_open');
  }
});
