import type { OrgActor } from '../auth/actor.js';

/** Everyone but a viewer downloads; a viewer sees the list. */
export const mayDownload = (actor: OrgActor): boolean => actor.role !== 'viewer';
