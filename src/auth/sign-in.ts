import type { Database, Tenant } from '../db/database.js';
import { enterTenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { enqueueMail } from '../mail/store.js';
import {
  acceptInvite,
  addMember,
  createOrg,
  findMembershipsOf,
  findOpenInvite,
  findOrg,
  type Membership,
  type Org,
} from '../orgs/store.js';
import { consumeLink, ensureUser, findUserByEmail, replaceLink, type User } from './store.js';
import type { Tokens } from './tokens.js';

const LINK_MINUTES = 15;

export interface SignInDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  /** open: a first sign-in makes an organization; invited: only people who belong to one get a link. */
  readonly signUp: 'open' | 'invited';
}
export interface SignedIn {
  readonly user: User;
  readonly org: Org;
  readonly membership: Membership;
}

/** Owes a sign-in mail. Writes the same rows for known and unknown addresses; only the mail itself may be missing. */
export async function requestLink({ database, tokens, signUp }: SignInDeps, email: string): Promise<void> {
  const id = newId('link');
  await database.outsider({}, async (outsider) => {
    await replaceLink(outsider, {
      id,
      email,
      tokenHash: tokens.hash(tokens.issue('sign-in', id)),
      minutes: LINK_MINUTES,
    });
    const known = await findUserByEmail(outsider, email);
    if (!known && signUp === 'invited') return;
    await enqueueMail(outsider, {
      dedupeKey: `sign-in:${id}`,
      template: 'sign_in',
      recipient: email,
      params: { link_id: id },
    });
  });
}

/** Exchanges a link for a person in an organization; the link is spent in the same transaction. */
export async function signIn(
  { database, tokens, signUp }: SignInDeps,
  input: { token: string; name: string | undefined; organization: string | undefined; orgId: string | undefined },
): Promise<SignedIn> {
  const email = await database.outsider({}, (outsider) => consumeLink(outsider, tokens.hash(input.token)));
  const user = await database.outsider({}, (outsider) => ensureUser(outsider, email, input.name ?? nameOf(email)));
  return database.outsider({ userId: user.id }, async (outsider) => {
    const memberships = await findMembershipsOf(outsider, user.id);
    const chosen = input.orgId === undefined ? memberships[0] : memberships.find(({ orgId }) => orgId === input.orgId);
    if (input.orgId !== undefined && !chosen) throw new Refusal('not_found', 'No such organization.');
    if (!chosen && signUp === 'invited') throw new Refusal('forbidden', 'This person belongs to no organization.');
    const membership = chosen ?? (await createOrg(outsider, input.organization ?? 'My organization', user.id));
    return withOrg(await enterTenant(outsider, membership.orgId), user, membership);
  });
}

/** Joins the organization of an invitation. The token came by mail, so holding it proves the invited address. */
export async function joinByInvite(
  { database, tokens }: SignInDeps,
  input: { token: string; name: string | undefined },
): Promise<SignedIn> {
  return database.outsider({ tokenHash: tokens.hash(input.token) }, async (outsider) => {
    const invite = await findOpenInvite(outsider, tokens.hash(input.token));
    const user = await ensureUser(outsider, invite.email, input.name ?? nameOf(invite.email));
    const tenant = await enterTenant(outsider, invite.orgId);
    await acceptInvite(tenant, invite.id, user.id);
    const membership = await addMember(tenant, { userId: user.id, role: invite.role, approver: invite.approver });
    return withOrg(tenant, user, membership);
  });
}

async function withOrg(tenant: Tenant, user: User, membership: Membership): Promise<SignedIn> {
  return { user, org: await findOrg(tenant), membership };
}

const nameOf = (email: string): string => email.split('@')[0] ?? email;
