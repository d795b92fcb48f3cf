import type { Actor } from '../auth/actor.js';

/** Owners alone invite and change roles. */
export const mayInvite = (actor: Actor): boolean => actor.role === 'owner';
/** Everyone but a viewer writes. */
export const mayWrite = (actor: Actor): boolean => actor.role !== 'viewer';
