import type { Person } from '../auth/actor.js';

/** A viewer shares nothing, whosever run it is. */
export const mayEverShare = (actor: Person): boolean => actor.role !== 'viewer';

/** Owners and admins share any receipt, members those of their own runs; a viewer none. */
export function mayShare(actor: Person, subject: { readonly createdBy: string } | undefined): boolean {
  if (actor.role === 'owner' || actor.role === 'admin') return true;
  return actor.role === 'member' && subject?.createdBy === actor.userId;
}

/** Erasure can't be undone: owners alone. */
export const mayErase = (actor: Person): boolean => actor.role === 'owner';
