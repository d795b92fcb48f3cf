import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../auth/actor.js';
import { enterTenant, type Outsider, type Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { MembershipRow, OrgRow } from './model.js';

export interface Org {
  readonly id: string;
  readonly name: string;
  /** Random pseudonym under which the organization appears in the public ledger. */
  readonly alias: string;
  readonly createdAt: Date;
}
export interface Membership {
  readonly orgId: string;
  readonly userId: string;
  readonly role: Role;
  readonly approver: boolean;
}
export interface Member extends Membership {
  /** Counts the changes of the membership; its ETag. */
  readonly version: number;
  readonly email: string;
  readonly displayName: string;
}

const ALIAS_BYTES = 16;

/** Makes an organization and its first owner; the alias is random and says nothing about either. */
export async function createOrg(outsider: Outsider, name: string, ownerId: string): Promise<Membership> {
  const id = newId('org');
  const tenant = await enterTenant(outsider, id);
  const alias = randomBytes(ALIAS_BYTES).toString('hex');
  await OrgRow.query(tenant.trx).insert({ id, name, alias });
  const genesis = createHash('sha256').update(`defendablecloud.com/receipt-chain/v1\n${alias}`).digest('hex');
  await tenant.trx('receipt_heads').insert({ orgId: id, seq: 0, digest: genesis });
  return addMember(tenant, { userId: ownerId, role: 'owner', approver: true });
}

/** Safe to repeat: a member who is there already keeps their role. */
export async function addMember(
  tenant: Tenant,
  member: { userId: string; role: Role; approver: boolean },
): Promise<Membership> {
  await MembershipRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...member })
    .onConflict(['org_id', 'user_id'])
    .ignore();
  return MembershipRow.query(tenant.trx).findOne({ orgId: tenant.orgId, userId: member.userId }).throwIfNotFound();
}

/** Locks the organization's people for change: what depends on how many owners there are passes one at a time. */
export async function lockMember(tenant: Tenant, userId: string): Promise<Member> {
  await OrgRow.query(tenant.trx).findById(tenant.orgId).forUpdate().throwIfNotFound();
  const member = (await listMembers(tenant)).find((one) => one.userId === userId);
  if (!member) throw new Refusal('not_found', 'No such member.');
  return member;
}

/** Changes a locked member. */
export async function changeMember(
  tenant: Tenant,
  member: Member,
  change: { readonly role: Role; readonly approver: boolean },
): Promise<Member> {
  const version = member.version + 1;
  await MembershipRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, userId: member.userId })
    .patch({ ...change, version });
  return { ...member, ...change, version };
}

/** Ends a membership. Safe to repeat: a second time there is nobody to remove. */
export async function removeMember(tenant: Tenant, userId: string): Promise<void> {
  await MembershipRow.query(tenant.trx).where({ orgId: tenant.orgId, userId }).delete();
}

export async function countOwners(tenant: Tenant): Promise<number> {
  return MembershipRow.query(tenant.trx).where({ orgId: tenant.orgId, role: 'owner' }).resultSize();
}

export async function findOrg(tenant: Tenant): Promise<Org> {
  const { id, name, alias, createdAt } = await OrgRow.query(tenant.trx).findById(tenant.orgId).throwIfNotFound();
  return { id, name, alias, createdAt };
}

export async function findMembership(tenant: Tenant, userId: string): Promise<Membership | undefined> {
  return MembershipRow.query(tenant.trx).findOne({ orgId: tenant.orgId, userId });
}

/** The organizations of the person the transaction acts for, newest membership first. */
export async function findMembershipsOf(outsider: Outsider, userId: string): Promise<readonly Membership[]> {
  return MembershipRow.query(outsider.trx).where({ userId }).orderBy('createdAt', 'desc');
}

export async function listMembers(tenant: Tenant): Promise<readonly Member[]> {
  return MembershipRow.query(tenant.trx)
    .join('users', 'users.id', 'memberships.userId')
    .where('memberships.orgId', tenant.orgId)
    .orderBy('memberships.createdAt')
    .select('memberships.*', 'users.email', 'users.displayName')
    .castTo<Member[]>();
}

/** People who may approve: the flag is set and they may write. */
export async function listApprovers(tenant: Tenant): Promise<readonly string[]> {
  const rows = await MembershipRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, approver: true })
    .whereNot({ role: 'viewer' });
  return rows.map(({ userId }) => userId);
}
