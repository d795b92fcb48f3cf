import type { z } from 'zod';
import type { Key } from './actor.js';
import type { Membership, Org } from '../orgs/store.js';
import type { principalView } from './schema.js';
import type { User } from './store.js';

type Principal = z.input<typeof principalView>;
interface Whose {
  readonly user: User;
  readonly org: Org;
  readonly membership: Membership;
}

const common = ({ user, org, membership }: Whose): Pick<Principal, 'user' | 'organization' | 'role'> => ({
  user: { id: user.id, email: user.email, name: user.displayName },
  organization: { id: org.id, name: org.name },
  role: membership.role,
});

export function showPerson(whose: Whose, sessionId: string): Principal {
  const { approver } = whose.membership;
  return { kind: 'person', ...common(whose), key: null, session_id: sessionId, approver, scopes: [] };
}

export function showKey(whose: Whose, { keyId: id, name, mode, scopes }: Key): Principal {
  return {
    kind: 'key',
    ...common(whose),
    key: { id, name, mode },
    session_id: null,
    approver: false,
    scopes: [...scopes],
  };
}
