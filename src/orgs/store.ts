import { createHash, randomBytes } from 'node:crypto';
import { raw } from 'objection';
import { z } from 'zod';
import { roles, type Role } from '../auth/actor.js';
import { enterTenant, type Database, type Outsider, type Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { InviteRow, MembershipRow, OrgRow } from './model.js';

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
  readonly email: string;
  readonly displayName: string;
}
export interface Invite {
  readonly id: string;
  readonly orgId: string;
  readonly email: string;
  readonly role: 'admin' | 'member' | 'viewer';
  readonly approver: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
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
  const { orgId, userId, role, approver } = await MembershipRow.query(tenant.trx)
    .findOne({ orgId: tenant.orgId, userId: member.userId })
    .throwIfNotFound();
  return { orgId, userId, role, approver };
}

export async function findOrg(tenant: Tenant): Promise<Org> {
  const { id, name, alias, createdAt } = await OrgRow.query(tenant.trx).findById(tenant.orgId).throwIfNotFound();
  return { id, name, alias, createdAt };
}

export async function findMembership(tenant: Tenant, userId: string): Promise<Membership | undefined> {
  return MembershipRow.query(tenant.trx).findOne({ orgId: tenant.orgId, userId });
}

const memberSchema = z.object({ rows: z.array(z.object({ role: z.enum(roles), approver: z.boolean() })) });

/** The role a person has now, in one statement: asked by every authenticated request. */
export async function readMembership(
  { knex }: Database,
  orgId: string,
  userId: string,
): Promise<Pick<Membership, 'role' | 'approver'> | undefined> {
  return memberSchema.parse(await knex.raw('select * from member_now(?, ?)', [orgId, userId])).rows[0];
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

export async function insertInvite(
  tenant: Tenant,
  invite: {
    id: string;
    email: string;
    role: Invite['role'];
    approver: boolean;
    tokenHash: string;
    invitedBy: string;
    days: number;
  },
): Promise<Invite> {
  const { days, ...fields } = invite;
  const row = await InviteRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...fields, expiresAt: new Date(Date.now() + days * 86_400_000) })
    .returning('*');
  return toInvite(row);
}

export async function listInvites(tenant: Tenant): Promise<readonly Invite[]> {
  const rows = await InviteRow.query(tenant.trx).where({ orgId: tenant.orgId }).orderBy('createdAt', 'desc').limit(200);
  return rows.map(toInvite);
}

/** Finds the invitation whose token the transaction holds; refuses what can't be accepted any more. */
export async function findOpenInvite(outsider: Outsider, tokenHash: string): Promise<Invite> {
  const row = await InviteRow.query(outsider.trx).findOne({ tokenHash });
  if (!row) throw new Refusal('invalid_token', 'This invitation was not issued here.');
  if (row.acceptedAt) throw new Refusal('link_used', 'This invitation was accepted before.');
  if (row.expiresAt.getTime() <= Date.now()) throw new Refusal('link_expired', 'This invitation expired.');
  return toInvite(row);
}

/** One conditional UPDATE decides between parallel acceptances. */
export async function acceptInvite(tenant: Tenant, inviteId: string, userId: string): Promise<void> {
  const accepted = await InviteRow.query(tenant.trx)
    .where({ id: inviteId, orgId: tenant.orgId })
    .whereNull('acceptedAt')
    .patch({ acceptedAt: raw('now()'), acceptedBy: userId });
  if (accepted === 0) throw new Refusal('link_used', 'This invitation was accepted before.');
}

function toInvite({ id, orgId, email, role, approver, createdAt, expiresAt, acceptedAt }: InviteRow): Invite {
  return { id, orgId, email, role, approver, createdAt, expiresAt, acceptedAt };
}
