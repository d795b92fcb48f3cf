import type { OrgActor, Person } from '../auth/actor.js';

/** Owners alone invite, change roles and remove members. */
export const mayInvite = (actor: Person): boolean => actor.role === 'owner';
export const mayChangeMembers = (actor: Person): boolean => actor.role === 'owner';
/** Everyone but a viewer writes. */
export const mayWrite = (actor: OrgActor): boolean => actor.role !== 'viewer';
