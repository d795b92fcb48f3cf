import type { Person } from '../auth/actor.js';

/** Only a signed-in owner makes, rotates and revokes keys; a key never does. */
export const mayKeepKeys = (actor: Person): boolean => actor.role === 'owner';
