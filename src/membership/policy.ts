import type { Person } from '../auth/actor.js';

/** Owners and admins apply, pay and manage the subscription. */
export const mayManageMembership = (actor: Person): boolean => actor.role === 'owner' || actor.role === 'admin';
