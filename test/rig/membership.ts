import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { ensureMembership } from '../../src/membership/store.js';
import { internalKeyOf, signUp, type PersonInTest } from './people.js';
import type { Rig } from './rig.js';

export const membershipAnswer = z.object({
  state: z.string(),
  because: z.string(),
  entitled: z.boolean(),
  access_until: z.string().nullable(),
  period: z.object({ start: z.string(), end: z.string() }).nullable(),
  application: z.object({ slug: z.string(), state: z.string() }).nullable(),
  checkout: z.object({ url: z.string() }).nullable(),
  history: z.array(z.object({ to: z.string(), because: z.string(), receipt_id: z.string().nullable() })),
});
export type MembershipAnswer = z.output<typeof membershipAnswer>;
const checkoutAnswer = z.object({ url: z.string() });

export const readMembership = async (caller: Caller): Promise<MembershipAnswer> =>
  expectAnswer(await caller.call('GET', '/membership'), [200], membershipAnswer);

/** Waits for a membership to come to a state for a reason, as in "active paid". */
export const becomes = (caller: Caller, expected: string): Promise<MembershipAnswer> =>
  eventually(`a membership that is ${expected}`, 15_000, async () => {
    const membership = await readMembership(caller);
    const found = `${membership.state} ${membership.because}`;
    if (found !== expected) throw new Error(`it is ${found}`);
    return membership;
  });

export async function apply(caller: Caller): Promise<string> {
  const body = { use_case: 'Receipts for our agents.' };
  return expectAnswer(await caller.call('POST', '/membership/apply', body), [201], z.object({ slug: z.string() })).slug;
}

/** An organization whose application is approved, and the key that approved it. */
export async function approved(rig: Rig): Promise<{ owner: PersonInTest; slug: string; desk: Caller }> {
  const owner = await signUp(rig);
  const slug = await apply(owner);
  const desk = await internalKeyOf(rig, ['membership:approve']);
  expectAnswer(await desk.call('POST', '/membership/approve', { slug }), [200], z.unknown());
  return { owner, slug, desk };
}

/** Opens the payment page and says which session it is. */
export async function openCheckout(caller: Caller): Promise<string> {
  const { url } = expectAnswer(await caller.call('POST', '/membership/checkout'), [200, 201], checkoutAnswer);
  return new URL(url).pathname.split('/').at(-1) ?? '';
}

export async function member(rig: Rig): Promise<{ owner: PersonInTest; sessionId: string; subscriptionId: string }> {
  const { owner } = await approved(rig);
  const sessionId = await openCheckout(owner);
  rig.stripe.world.leave(sessionId, 'paid');
  await becomes(owner, 'active paid');
  const session = rig.stripe.world.books.sessions.find(({ id }) => id === sessionId);
  return { owner, sessionId, subscriptionId: session?.subscription ?? '' };
}

/** The payment of the only subscription of a member. */
export function paymentOf(rig: Rig, subscriptionId: string): string {
  const invoice = rig.stripe.world.books.invoices.findLast(
    ({ parent }) => parent.subscription_details.subscription === subscriptionId,
  );
  const payment = invoice?.payments.data[0]?.payment.payment_intent;
  if (payment === undefined) throw new Error(`nothing was paid for ${subscriptionId}`);
  return payment;
}

/** Makes an organization a member for an hour, or ends that: what a test of something else needs of a membership. */
export async function entitle(rig: Rig, orgId: string, entitled = true): Promise<void> {
  const until = new Date(Date.now() + (entitled ? 3_600_000 : -1000));
  await rig.database.tenant(orgId, async (tenant) => {
    await ensureMembership(tenant);
    await tenant.trx('paid_memberships').where({ orgId }).update({ accessUntil: until, compedUntil: until });
  });
}
