import type { Person } from '../auth/actor.js';

/** Owners and admins who may approve let a locked agent work again. */
export const mayUnlock = (actor: Person): boolean =>
  (actor.role === 'owner' || actor.role === 'admin') && actor.approver;
