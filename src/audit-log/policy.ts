import type { OrgActor } from '../auth/actor.js';

/** Owners and admins, and the keys they made, read who did what. */
export const mayReadLog = (actor: OrgActor): boolean => actor.role === 'owner' || actor.role === 'admin';
