import { findApplication } from '../applications/store.js';
import { standingOf, type Decisions } from '../billing/rules.js';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { enqueueMail } from '../mail/store.js';
import { listMembers } from '../orgs/store.js';
import {
  allowedEvents,
  isDormant,
  leadsTo,
  mayHappen,
  newsOf,
  nextDeadline,
  receiptFor,
  waitOf,
  type Deadline,
  type MembershipEvent,
  type MembershipNews,
  type MembershipState,
  type Wait,
} from './rules.js';
import {
  changeMembership,
  insertChange,
  listOwedReceipts,
  type MembershipPatch,
  type PaidMembership,
} from './store.js';

/** What a workflow keeps of a membership: a cache of the row, refreshed by every activity. Times in Unix ms. */
export interface MembershipSnapshot {
  readonly state: MembershipState;
  readonly version: number;
  readonly now: number;
  readonly deadline: Deadline | null;
  /** Receipts that are owed. */
  readonly owed: number;
  /** Stripe knows this membership, so that a change here may have to be carried out there. */
  readonly isBilled: boolean;
  readonly isDormant: boolean;
}

const ms = (date: Date | null): number | null => date?.getTime() ?? null;
const date = (time: number | null): Date | null => (time === null ? null : new Date(time));

export const decisionsOf = (membership: PaidMembership): Decisions => ({
  decision: membership.decision,
  compedUntil: ms(membership.compedUntil),
  isSuspended: membership.suspendedBecause !== null,
  wasMember: membership.wasMember,
});

/** The membership as it stands at a time, whatever was written last. */
export const standingNow = (membership: PaidMembership, now: Date): ReturnType<typeof standingOf> =>
  standingOf(decisionsOf(membership), membership.facts, now.getTime());

export async function snapshotOf(tenant: Tenant, membership: PaidMembership, now: Date): Promise<MembershipSnapshot> {
  const { state, version, reminders, stripeCustomerId } = membership;
  const given = {
    wait: await readWait(tenant, membership),
    reminders,
    compedUntil: ms(membership.compedUntil),
    checkoutExpiresAt: ms(membership.checkoutExpiresAt),
  };
  return {
    state,
    version,
    now: now.getTime(),
    deadline: nextDeadline({ state, periodEnd: ms(membership.periodEnd) }, given),
    owed: (await listOwedReceipts(tenant)).length,
    isBilled: stripeCustomerId !== null,
    isDormant: isDormant(state),
  };
}

/** What the application of a membership waits for, and until when. */
export async function readWait(
  tenant: Tenant,
  { state, applicationId, compedUntil }: PaidMembership,
): Promise<Wait | null> {
  if (applicationId === null || (state !== 'applied' && state !== 'approved')) return null;
  const application = await findApplication(tenant, applicationId);
  if (!application) return null;
  const { createdAt, decidedAt } = application;
  return waitOf(state, { submittedAt: createdAt.getTime(), decidedAt: ms(decidedAt) }, ms(compedUntil));
}

export function requireTransition(membership: PaidMembership, event: MembershipEvent): void {
  if (mayHappen(membership.state, event)) return;
  const { state } = membership;
  const details = { current_state: state, allowed: allowedEvents(state) };
  if (event === 'open_checkout' && ['none', 'applied', 'rejected'].includes(state))
    throw new Refusal('not_a_member_yet', `The membership is ${state}.`, details);
  if (event === 'open_checkout' && state !== 'suspended')
    throw new Refusal('already_member', `The membership is ${state}.`, details);
  throw new Refusal(
    'invalid_transition',
    `A membership that is ${state} cannot be: ${event.replaceAll('_', ' ')}.`,
    details,
  );
}

/**
 * Writes a locked membership as it stands after an event, with its history, the receipt it owes and the mails about
 * it, in the caller's transaction. What is written is a function of the row, the patch and the time alone.
 */
export async function settle(
  tenant: Tenant,
  membership: PaidMembership,
  { event, patch = {}, now }: { readonly event: MembershipEvent; readonly patch?: MembershipPatch; readonly now: Date },
): Promise<PaidMembership> {
  const next: PaidMembership = { ...membership, ...patch };
  const standing = standingNow(next, now);
  if (!leadsTo(event, membership.state, standing.state))
    throw new Error(`settle: ${event} may not lead from ${membership.state} to ${standing.state}`);
  const before = { state: membership.state, periodEnd: ms(membership.periodEnd) };
  const isNewPeriod = standing.periodEnd !== before.periodEnd;
  const settled = await changeMembership(tenant, membership, {
    ...patch,
    state: standing.state,
    because: standing.because,
    stripeSubscriptionId: standing.subscriptionId,
    periodStart: date(standing.periodStart),
    periodEnd: date(standing.periodEnd),
    accessUntil: date(standing.accessUntil),
    cancelAtPeriodEnd: standing.cancelAtPeriodEnd,
    wasMember: membership.wasMember || (standing.accessUntil !== null && standing.periodEnd !== null),
    reminders: isNewPeriod ? 0 : (patch.reminders ?? membership.reminders),
  });
  if (standing.state !== before.state || isNewPeriod || standing.because !== membership.because) {
    const receipt = receiptFor(before, standing);
    await insertChange(tenant, {
      membershipId: membership.id,
      before: before.state,
      after: standing.state,
      because: standing.because,
      periodStart: settled.periodStart,
      periodEnd: settled.periodEnd,
      event: receipt?.event ?? null,
      occasion: receipt?.occasion ?? null,
    });
  }
  const news = newsOf(event, before, standing);
  if (news) await tell(tenant, settled, news, `v${String(settled.version)}`);
  return settled;
}

/** Owes a mail to those who may act on it. Safe to repeat: one per person and occasion. */
export async function tell(
  tenant: Tenant,
  membership: PaidMembership,
  news: MembershipNews | 'reminder' | 'unpaid' | 'refunded',
  occasion: string,
): Promise<void> {
  const people = (await listMembers(tenant)).filter(({ role }) => role === 'owner' || role === 'admin');
  for (const { userId, email } of people) {
    await enqueueMail(tenant, {
      dedupeKey: `membership:${membership.id}:${occasion}:${news}:${userId}`,
      template: 'membership',
      recipient: email,
      params: {
        news,
        period_end: membership.periodEnd?.toISOString() ?? '',
        ending: String(membership.cancelAtPeriodEnd),
      },
    });
  }
}
