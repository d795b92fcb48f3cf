import type { z } from 'zod';
import type { memberView, orgView } from './schema.js';
import type { Member, Org } from './store.js';

export function showOrg({ id, name, alias, sandboxOf, createdAt }: Org): z.input<typeof orgView> {
  return { id, name, ledger_alias: alias, sandbox_of: sandboxOf, created_at: createdAt.toISOString() };
}

export function showMember({
  userId,
  displayName,
  email,
  role,
  approver,
  version,
}: Member): z.input<typeof memberView> {
  return { user_id: userId, name: displayName, email, role, approver, version };
}
