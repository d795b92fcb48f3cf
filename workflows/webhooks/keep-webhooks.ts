import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { WebhookActivities } from '../../activities/webhooks.js';
import { loopProfile } from '../profiles.js';

const { runWebhooks } = proxyActivities<WebhookActivities>(loopProfile);

/** Keeps a sender at the webhooks, for as long as anything is owed to any endpoint. */
export async function keepWebhooks(): Promise<void> {
  await runWebhooks();
  await continueAsNew<typeof keepWebhooks>();
}
