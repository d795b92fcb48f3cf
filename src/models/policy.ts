import type { OrgActor } from '../auth/actor.js';

/** Everyone but a viewer pins. */
export const mayPinModels = (actor: OrgActor): boolean => actor.role !== 'viewer';
