import type { Tenant } from '../db/database.js';
import { enqueueMail } from '../mail/store.js';
import { listMembers } from '../orgs/store.js';
import type { Cook } from './store.js';

/** Owes a mail to whoever asked for a cook, if that is still a member. Safe to repeat: one mail for each cook. */
export async function notifyRequester(
  tenant: Tenant,
  { id, state, requestedBy }: Pick<Cook, 'id' | 'state' | 'requestedBy'>,
): Promise<void> {
  const requester = (await listMembers(tenant)).find(({ userId }) => userId === requestedBy);
  if (!requester) return;
  await enqueueMail(tenant, {
    dedupeKey: `cook_over:${id}`,
    template: 'cook_over',
    recipient: requester.email,
    params: { cook_id: id, state },
  });
}
