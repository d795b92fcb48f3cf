import type { RefusalCode } from '../kernel/refusals.js';

type Role = 'owner' | 'admin' | 'member' | 'viewer';
export type MemberChange =
  { readonly kind: 'role'; readonly role: Role } | { readonly kind: 'removal' } | { readonly kind: 'leaving' };
export type MayChange =
  { readonly ok: true } | { readonly ok: false; readonly because: RefusalCode; readonly message: string };

/**
 * Whether a member may be changed so. An organization keeps an owner for ever; owners change everybody; anyone may
 * leave; nobody but an owner touches a role, so nobody raises themselves.
 */
export function mayChangeMember(given: {
  readonly change: MemberChange;
  readonly actor: { readonly role: Role };
  readonly target: { readonly role: Role };
  readonly owners: number;
}): MayChange {
  const { change, actor, target, owners } = given;
  if (actor.role !== 'owner' && change.kind !== 'leaving')
    return { ok: false, because: 'forbidden', message: 'Only an owner changes roles and removes members.' };
  const losesOwner = target.role === 'owner' && (change.kind !== 'role' || change.role !== 'owner');
  if (losesOwner && owners <= 1)
    return { ok: false, because: 'last_owner', message: 'This is the last owner of the organization.' };
  return { ok: true };
}
