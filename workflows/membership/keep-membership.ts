import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CheckoutActivities } from '../../activities/membership/checkout.js';
import type { MembershipCommandActivities } from '../../activities/membership/commands.js';
import type { MembershipReceiptActivities } from '../../activities/membership/receipts.js';
import type { RefreshActivities } from '../../activities/membership/refresh.js';
import type { MembershipCommandRef, MembershipRef } from '../../src/membership/apply.js';
import { commandNames, membershipCommands, type MembershipCommand } from '../../src/membership/rules.js';
import type { MembershipSnapshot } from '../../src/membership/settle.js';
import { databaseProfile, quickProfile, stripeProfile } from '../profiles.js';
import { refusalOf } from '../refusals.js';
import { trackMembership, type MembershipTracker } from './membership-tracker.js';

const quick = proxyLocalActivities<MembershipCommandActivities>(quickProfile);
const durable = proxyActivities<MembershipCommandActivities & MembershipReceiptActivities>(databaseProfile);
const stripe = proxyActivities<CheckoutActivities & RefreshActivities>(stripeProfile);

const refreshSignal = defineSignal('refresh');
const stateQuery = defineQuery<MembershipSnapshot | null>('state');

/**
 * Keeps what is owed to one organization's membership: its commands, a reading of Stripe for every event, reminders,
 * grace and lapse, receipts. It closes when nothing is owed, and starts again from the row.
 */
export async function keepMembership(ref: MembershipRef): Promise<void> {
  const tracker = trackMembership();
  setHandler(stateQuery, () => tracker.current);
  setHandler(refreshSignal, () => {
    tracker.want();
  });
  // One conversation with Stripe at a time: a reading never runs beside the opening of a payment page.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };
  for (const command of membershipCommands) handleCommand(command, tracker, inTurn);

  tracker.adopt(await durable.readMembership(ref), 'resume');
  for (;;) {
    await condition(() => tracker.isWanted() || isOver(tracker) || workflowInfo().continueAsNewSuggested);
    if (tracker.isWanted()) {
      tracker.takeWanted();
      tracker.adopt(await inTurn(() => stripe.refreshMembership(ref)), 'stripe');
      if ((tracker.current?.owed ?? 0) > 0) tracker.adopt(await durable.mintMembershipReceipts(ref), 'receipts');
    } else if (isOver(tracker)) {
      return;
    } else {
      await condition(allHandlersFinished);
      if (!tracker.isWanted()) await continueAsNew<typeof keepMembership>(ref);
    }
  }
}

const isOver = ({ current }: MembershipTracker): boolean =>
  (current?.isDormant ?? true) && (current?.owed ?? 0) === 0 && allHandlersFinished();

/** One update per command; what was changed here and is known at Stripe is carried out there by a reading. */
function handleCommand(
  command: MembershipCommand,
  tracker: MembershipTracker,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): void {
  const name = commandNames[command];
  setHandler(defineUpdate<MembershipSnapshot, [MembershipCommandRef]>(name), async (ref) => {
    try {
      const next = name === 'openCheckout' ? await inTurn(() => stripe.openCheckout(ref)) : await first(name, ref);
      tracker.adopt(next, command);
      if (next.isBilled && name !== 'openCheckout') tracker.want();
      return next;
    } catch (error) {
      if (name === 'openCheckout') tracker.want();
      throw refusalOf(error) ?? error;
    }
  });
}

type Quick = Exclude<(typeof commandNames)[MembershipCommand], 'openCheckout'>;

/** First inside the workflow task; what is no refusal goes on as a durable activity, so that an accepted command is never lost. */
async function first(name: Quick, ref: MembershipCommandRef): Promise<MembershipSnapshot> {
  try {
    return await quick[name](ref);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) throw refusal;
  }
  return durable[name](ref);
}
