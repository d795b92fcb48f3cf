import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../auth/actor.js';
import { enterTenant, type Outsider, type System, type Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { MembershipRow, OrgRow } from './model.js';

export interface Org {
  readonly id: string;
  readonly name: string;
  /** Random pseudonym under which the organization appears in the public ledger. */
  readonly alias: string;
  /** Set for a sandbox: the organization it belongs to. Nothing of a sandbox reaches the public ledger. */
  readonly sandboxOf: string | null;
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
  const tenant = await enterTenant(outsider, newId('org'));
  await insertOrg(tenant, { name, sandboxOf: null });
  return addMember(tenant, { userId: ownerId, role: 'owner', approver: true });
}

/** Inserts the organization that the transaction already acts for, with the head of its chain of receipts. */
export async function insertOrg(
  { trx, orgId }: Tenant,
  { name, sandboxOf }: Pick<Org, 'name' | 'sandboxOf'>,
): Promise<void> {
  const alias = randomBytes(ALIAS_BYTES).toString('hex');
  await OrgRow.query(trx).insert({ id: orgId, name, alias, sandboxOf });
  const genesis = createHash('sha256').update(`defendablecloud.com/receipt-chain/v1\n${alias}`).digest('hex');
  await trx('receipt_heads').insert({ orgId, seq: 0, digest: genesis });
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
  const row = await OrgRow.query(tenant.trx).findById(tenant.orgId).throwIfNotFound();
  const { id, name, alias, sandboxOf, createdAt } = row;
  return { id, name, alias, sandboxOf, createdAt };
}

/** Whether there is such an organization: for the platform's own desk. */
export async function isOrg({ trx }: System, id: string): Promise<boolean> {
  return (await OrgRow.query(trx).where({ id }).resultSize()) > 0;
}

export async function findMembership(tenant: Tenant, userId: string): Promise<Membership | undefined> {
  return MembershipRow.query(tenant.trx).findOne({ orgId: tenant.orgId, userId });
}

/** The organizations of the person the transaction acts for, newest membership first and sandboxes last. */
export async function findMembershipsOf(outsider: Outsider, userId: string): Promise<readonly Membership[]> {
  return MembershipRow.query(outsider.trx)
    .join('orgs', 'orgs.id', 'memberships.orgId')
    .where('memberships.userId', userId)
    .orderByRaw('orgs.sandbox_of is not null, memberships.created_at desc')
    .select('memberships.*');
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
