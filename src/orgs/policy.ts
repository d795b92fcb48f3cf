import type { OrgActor, Person } from '../auth/actor.js';

/** Owners alone invite, change roles and remove members. */
export const mayInvite = (actor: Person): boolean => actor.role === 'owner';
export const mayChangeMembers = (actor: Person): boolean => actor.role === 'owner';
/** Owners and admins decide what the organization's work is held against. */
export const mayPublish = (actor: Person): boolean => actor.role === 'owner' || actor.role === 'admin';
/** Everyone but a viewer writes. */
export const mayWrite = (actor: OrgActor): boolean => actor.role !== 'viewer';
