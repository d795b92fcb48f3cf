import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { createMembershipDurable } from '../../src/membership/durable.js';
import { apply, approved, becomes, member, openCheckout, readMembership } from '../rig/membership.js';
import { internalKeyOf, join, signUp } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

/** Moves the times of an application back, as if that many days had gone by. */
const age = async (orgId: string, days: number): Promise<void> => {
  await rig.database.tenant(orgId, ({ trx }) =>
    trx.raw(
      'update applications set created_at = created_at - make_interval(days => ?), decided_at = decided_at - make_interval(days => ?) where org_id = ?',
      [days, days, orgId],
    ),
  );
  await createMembershipDurable(rig.parts.client, rig.parts.queues).refresh(orgId);
};
const mailsOf = (orgId: string, news: string): Promise<number> =>
  rig.database.tenant(orgId, async ({ trx }) => {
    const rows: unknown[] = await trx('outbox').whereRaw("params ->> 'news' = ?", [news]).select('id');
    return rows.length;
  });

test('an application is withdrawn at any time before it is paid, and another may follow at once', async () => {
  const owner = await signUp(rig);
  expect(refusalOf(await owner.call('POST', '/membership/withdraw'))).toBe('404 not_found');
  for (const stage of ['applied', 'approved', 'checkout_pending']) {
    const slug = await apply(owner);
    const desk = await internalKeyOf(rig, ['membership:approve']);
    if (stage !== 'applied') expectAnswer(await desk.call('POST', '/membership/approve', { slug }), [200], z.unknown());
    const session = stage === 'checkout_pending' ? await openCheckout(owner) : undefined;
    expect((await readMembership(owner)).state).toBe(stage);
    expect((await owner.call('POST', '/membership/withdraw')).json).toMatchObject({ slug, state: 'withdrawn' });
    expect(await readMembership(owner)).toMatchObject({ state: 'none', because: 'application_withdrawn' });
    expect(refusalOf(await desk.call('POST', '/membership/approve', { slug }))).toBe('409 invalid_transition');
    if (session !== undefined)
      await eventually('the page closed', 15_000, () => {
        const status = rig.stripe.world.books.sessions.find(({ id }) => id === session)?.status;
        return status === 'expired' ? Promise.resolve() : Promise.reject(new Error(`it is ${String(status)}`));
      });
  }
  expect(refusalOf(await owner.call('POST', '/membership/withdraw'))).toBe('409 invalid_transition');
  const viewer = await join(rig, owner, 'viewer', false);
  expect(refusalOf(await viewer.call('POST', '/membership/withdraw'))).toBe('403 forbidden');
});

test('what was paid while the application was withdrawn goes back; a member has nothing to withdraw', async () => {
  const { owner } = await approved(rig);
  const session = await openCheckout(owner);
  rig.stripe.deliveries.behave({ hold: true });
  rig.stripe.world.leave(session, 'paid');
  expect((await owner.call('POST', '/membership/withdraw')).status).toBe(200);
  await rig.stripe.deliveries.release();
  rig.stripe.deliveries.behave({});
  const { books } = rig.stripe.world;
  const customer = books.sessions.find(({ id }) => id === session)?.customer;
  await eventually('the refund', 15_000, () => {
    const ended = books.subscriptions.some((one) => one.customer === customer && one.status === 'canceled');
    return ended ? Promise.resolve() : Promise.reject(new Error('not yet'));
  });
  expect(books.charges.filter((one) => one.customer === customer)).toMatchObject([{ refunded: true }]);
  expect(await readMembership(owner)).toMatchObject({ state: 'none', entitled: false });
  const paying = await member(rig);
  expect(refusalOf(await paying.owner.call('POST', '/membership/withdraw'))).toBe('409 invalid_transition');
  rig.stripe.world.cancel(paying.subscriptionId);
  await becomes(paying.owner, 'cancelled cancelled');
  await openCheckout(paying.owner);
  expect(refusalOf(await paying.owner.call('POST', '/membership/withdraw'))).toBe('409 invalid_transition');
});

test('an application that nobody decides for ninety days expires with a mail, and another may follow', async () => {
  const owner = await signUp(rig);
  await apply(owner);
  await age(owner.orgId, 89);
  await age(owner.orgId, 1);
  const expired = await becomes(owner, 'none application_expired');
  expect(expired.application?.state).toBe('expired');
  expect(await mailsOf(owner.orgId, 'expired')).toBe(1);
  await apply(owner);
  expect((await readMembership(owner)).state).toBe('applied');
});

test('who is approved and does not pay is reminded after three and fourteen days, and expires after sixty', async () => {
  const { owner } = await approved(rig);
  const reminded = (count: number): Promise<void> =>
    eventually(`${String(count)} reminders`, 15_000, async () => {
      const sent = await mailsOf(owner.orgId, 'unpaid');
      if (sent !== count) throw new Error(`${String(sent)} were sent`);
    });
  await age(owner.orgId, 3);
  await reminded(1);
  await age(owner.orgId, 11);
  await reminded(2);
  expect((await readMembership(owner)).state).toBe('approved');
  await age(owner.orgId, 46);
  await becomes(owner, 'none application_expired');
  expect(await mailsOf(owner.orgId, 'unpaid')).toBe(2);
  expect(refusalOf(await owner.call('POST', '/membership/checkout'))).toBe('409 not_a_member_yet');
});
