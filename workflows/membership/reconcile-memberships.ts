import { proxyActivities } from '@temporalio/workflow';
import type { Reconciled, StripeEventActivities } from '../../activities/stripe-events.js';
import { sweepProfile } from '../profiles.js';

const activities = proxyActivities<StripeEventActivities>(sweepProfile);

/** Every night: has each paid membership read again, and finds subscriptions that belong to nobody here. */
export async function reconcileMemberships(): Promise<Reconciled> {
  return activities.reconcileMemberships();
}
