import type { z } from 'zod';
import type { Membership, Org } from '../orgs/store.js';
import type { principalView } from './schema.js';
import type { User } from './store.js';

export function showPrincipal(user: User, org: Org, { role, approver }: Membership): z.input<typeof principalView> {
  return {
    kind: 'person',
    user: { id: user.id, email: user.email, name: user.displayName },
    organization: { id: org.id, name: org.name },
    role,
    approver,
    scopes: [],
  };
}
