import type { Person } from '../auth/actor.js';
import type { ApproverKey } from './store.js';

/** A key is revoked by the person who holds it, or by an owner for somebody who cannot. */
export const mayRevoke = (actor: Person, key: Pick<ApproverKey, 'userId'>): boolean =>
  actor.userId === key.userId || actor.role === 'owner';
