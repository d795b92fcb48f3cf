import { proxyActivities } from '@temporalio/workflow';
import type { StripeEventActivities, Swept } from '../../activities/stripe-events.js';
import { sweepProfile } from '../profiles.js';

const activities = proxyActivities<StripeEventActivities>(sweepProfile);

/** Drives what a webhook left behind: its events are kept, but nobody was told, or its membership was not known yet. */
export async function sweepStripeEvents(): Promise<Swept> {
  return activities.sweepStripeEvents();
}
