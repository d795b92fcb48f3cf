import type { z } from 'zod';
import type { inviteView } from './schema.js';
import type { Invite } from './store.js';

export function showInvite(invite: Invite, now: Date): z.input<typeof inviteView> {
  const { id, email, role, approver, createdAt, expiresAt } = invite;
  const state = stateOf(invite, now);
  return { id, email, role, approver, state, created_at: createdAt.toISOString(), expires_at: expiresAt.toISOString() };
}

function stateOf({ acceptedAt, revokedAt, expiresAt }: Invite, now: Date): z.input<typeof inviteView>['state'] {
  if (acceptedAt) return 'accepted';
  if (revokedAt) return 'revoked';
  return expiresAt <= now ? 'expired' : 'pending';
}
