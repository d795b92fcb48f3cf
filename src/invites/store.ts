import { raw, type PartialModelObject } from 'objection';
import type { Tokens } from '../auth/tokens.js';
import type { Outsider, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { enqueueMail } from '../mail/store.js';
import { InviteRow } from './model.js';

export interface Invite {
  readonly id: string;
  readonly orgId: string;
  readonly email: string;
  readonly role: 'admin' | 'member' | 'viewer';
  readonly approver: boolean;
  /** How often it was sent again; each time under a new token. */
  readonly generation: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
}

const INVITE_DAYS = 7;
const expiry = (): Date => new Date(Date.now() + INVITE_DAYS * 86_400_000);
/** What the token of an invitation is derived from: another one each time it is sent. */
const tokenSubject = (id: string, generation: number): string =>
  generation === 0 ? id : `${id}:${String(generation)}`;

/** Makes an invitation and owes its mail. */
export async function insertInvite(
  tenant: Tenant,
  tokens: Tokens,
  given: Pick<Invite, 'email' | 'role' | 'approver'> & { readonly invitedBy: string; readonly orgName: string },
): Promise<Invite> {
  const { orgName, ...fields } = given;
  const id = newId('invite');
  const tokenHash = tokens.hash(tokens.issue('invite', tokenSubject(id, 0)));
  const invite = await InviteRow.query(tenant.trx)
    .insert({ id, orgId: tenant.orgId, ...fields, tokenHash, expiresAt: expiry() })
    .returning('*');
  await owe(tenant, invite, orgName);
  return invite;
}

/** Sends an open invitation again under a new token and for another week; the earlier mail's link stops working. */
export async function resendInvite(tenant: Tenant, tokens: Tokens, id: string, orgName: string): Promise<Invite> {
  const { generation } = requireOpen(await lockInvite(tenant, id));
  const tokenHash = tokens.hash(tokens.issue('invite', tokenSubject(id, generation + 1)));
  const sent = await change(tenant, id, { generation: generation + 1, tokenHash, expiresAt: expiry() });
  await owe(tenant, sent, orgName);
  return sent;
}

/** Withdraws an invitation that nobody accepted. Safe to repeat: the first time stands. */
export async function revokeInvite(tenant: Tenant, id: string): Promise<Invite> {
  const invite = await lockInvite(tenant, id);
  if (invite.revokedAt) return invite;
  requireOpen(invite);
  return change(tenant, id, { revokedAt: raw('now()') });
}

function requireOpen(invite: Invite): Invite {
  if (invite.acceptedAt) throw new Refusal('invalid_transition', 'This invitation was accepted.');
  if (invite.revokedAt) throw new Refusal('invalid_transition', 'This invitation was withdrawn.');
  return invite;
}

async function lockInvite(tenant: Tenant, id: string): Promise<Invite> {
  const row = await InviteRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).forUpdate();
  if (!row) throw new Refusal('not_found', 'No such invitation.');
  return row;
}

async function change(tenant: Tenant, id: string, patch: PartialModelObject<InviteRow>): Promise<Invite> {
  const [row] = await InviteRow.query(tenant.trx).where({ id, orgId: tenant.orgId }).patch(patch).returning('*');
  if (!row) throw new Refusal('not_found', 'No such invitation.');
  return row;
}

const owe = (tenant: Tenant, { id, generation, email }: Invite, orgName: string): Promise<void> =>
  enqueueMail(tenant, {
    dedupeKey: `invite:${tokenSubject(id, generation)}`,
    template: 'invite',
    recipient: email,
    params: { invite_id: tokenSubject(id, generation), org_name: orgName },
  });

export async function listInvites(tenant: Tenant): Promise<readonly Invite[]> {
  return InviteRow.query(tenant.trx).where({ orgId: tenant.orgId }).orderBy('createdAt', 'desc').limit(200);
}

/** Finds the invitation whose token the transaction holds; refuses what can't be accepted any more. */
export async function findOpenInvite(outsider: Outsider, tokenHash: string): Promise<Invite> {
  const row = await InviteRow.query(outsider.trx).findOne({ tokenHash });
  if (!row) throw new Refusal('invalid_token', 'This invitation was not issued here, or was sent again since.');
  if (row.acceptedAt) throw new Refusal('link_used', 'This invitation was accepted before.');
  if (row.revokedAt) throw new Refusal('link_expired', 'This invitation was withdrawn.');
  if (row.expiresAt.getTime() <= Date.now()) throw new Refusal('link_expired', 'This invitation expired.');
  return row;
}

/** One conditional UPDATE decides between parallel acceptances, and between acceptance and withdrawal. */
export async function acceptInvite(tenant: Tenant, inviteId: string, userId: string): Promise<void> {
  const accepted = await InviteRow.query(tenant.trx)
    .where({ id: inviteId, orgId: tenant.orgId })
    .whereNull('acceptedAt')
    .whereNull('revokedAt')
    .patch({ acceptedAt: raw('now()'), acceptedBy: userId });
  if (accepted === 0) throw new Refusal('link_used', 'This invitation was accepted or withdrawn before.');
}
