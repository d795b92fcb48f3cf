import type { Person } from '../auth/actor.js';

/** Owners and admins decide where the organization's events go; a key never does. */
export const mayKeepWebhooks = (actor: Person): boolean => actor.role === 'owner' || actor.role === 'admin';
