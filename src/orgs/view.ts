import type { z } from 'zod';
import type { inviteView, memberView, orgView } from './schema.js';
import type { Invite, Member, Org } from './store.js';

export function showOrg({ id, name, alias, createdAt }: Org): z.input<typeof orgView> {
  return { id, name, ledger_alias: alias, created_at: createdAt.toISOString() };
}

export function showMember({ userId, displayName, email, role, approver }: Member): z.input<typeof memberView> {
  return { user_id: userId, name: displayName, email, role, approver };
}

export function showInvite(invite: Invite, now: Date): z.input<typeof inviteView> {
  const { id, email, role, approver, createdAt, expiresAt, acceptedAt } = invite;
  const state = acceptedAt ? 'accepted' : expiresAt <= now ? 'expired' : 'pending';
  return { id, email, role, approver, state, created_at: createdAt.toISOString(), expires_at: expiresAt.toISOString() };
}
