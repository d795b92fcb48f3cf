import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { MailActivities } from '../../activities/mail.js';
import { loopProfile } from '../profiles.js';

const { runOutbox } = proxyActivities<MailActivities>(loopProfile);

/** Keeps a sender at the outbox, for as long as mail is owed to anybody. */
export async function keepOutbox(): Promise<void> {
  await runOutbox();
  await continueAsNew<typeof keepOutbox>();
}
