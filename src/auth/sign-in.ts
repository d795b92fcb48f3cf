import { recordEvent } from '../audit-log/store.js';
import { commandActor } from '../commands/actor.js';
import type { Database, Outsider, Tenant } from '../db/database.js';
import { enterTenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { Refusal } from '../kernel/refusals.js';
import { enqueueMail } from '../mail/store.js';
import { acceptInvite, findOpenInvite } from '../invites/store.js';
import { addMember, createOrg, findMembershipsOf, findOrg, type Membership, type Org } from '../orgs/store.js';
import { mirrorMembers } from '../sandboxes/store.js';
import { refreshSession, startSession, type Session } from '../sessions/store.js';
import { consumeCode, consumeLink, ensureUser, findUserByEmail, replaceLink, requireUser, type User } from './store.js';
import { codeHashOf, signInCode, type Tokens } from './tokens.js';

const LINK_MINUTES = 15;

export interface SignInDeps {
  readonly database: Database;
  readonly tokens: Tokens;
  /** open: a first sign-in makes an organization; invited: only people who belong to one get a link. */
  readonly signUp: 'open' | 'invited';
}
/** Where a request comes from, for the session and the log. */
export interface Origin {
  readonly requestId: string;
  readonly network: string;
}
export interface SignedIn {
  readonly user: User;
  readonly org: Org;
  readonly membership: Membership;
  readonly session: Session;
  readonly refreshToken: string;
}
/** What a person shows: the token of a link, or the address and the code from its mail. */
export type Proof =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'code'; readonly email: string; readonly code: string };

/**
 * Owes a sign-in mail. Writes the same rows for known and unknown addresses, so that neither the answer nor its time
 * tells them apart; an unknown address's mail is written as sent.
 */
export async function requestLink({ database, tokens, signUp }: SignInDeps, email: string): Promise<void> {
  const id = newId('link');
  await database.outsider({}, async (outsider) => {
    await replaceLink(outsider, {
      id,
      email,
      tokenHash: tokens.hash(tokens.issue('sign-in', id)),
      codeHash: codeHashOf(tokens, email, signInCode(tokens, id)),
      minutes: LINK_MINUTES,
    });
    const known = await findUserByEmail(outsider, email);
    await enqueueMail(outsider, {
      dedupeKey: `sign-in:${id}`,
      template: 'sign_in',
      recipient: email,
      params: { link_id: id },
      isSuppressed: !known && signUp === 'invited',
    });
  });
}

async function prove({ database, tokens }: SignInDeps, proof: Proof): Promise<string> {
  if (proof.kind === 'token')
    return database.outsider({}, (outsider) => consumeLink(outsider, tokens.hash(proof.token)));
  const { email, code } = proof;
  const isRight = await database.outsider({}, (outsider) =>
    consumeCode(outsider, email, codeHashOf(tokens, email, code)),
  );
  if (!isRight) throw new Refusal('invalid_token', 'This code does not fit an open sign-in link of the address.');
  return email;
}

/** Exchanges a proof for a person in an organization; it is spent before anything else happens. */
export async function signIn(
  deps: SignInDeps,
  input: {
    readonly proof: Proof;
    readonly name: string | undefined;
    readonly organization: string | undefined;
    readonly orgId: string | undefined;
  },
  origin: Origin,
): Promise<SignedIn> {
  const { database, signUp } = deps;
  const email = await prove(deps, input.proof);
  const user = await database.outsider({}, (outsider) => ensureUser(outsider, email, input.name ?? nameOf(email)));
  return database.outsider({ userId: user.id }, async (outsider) => {
    const chosen = await choose(outsider, user.id, input.orgId);
    if (!chosen && signUp === 'invited') throw new Refusal('forbidden', 'This person belongs to no organization.');
    const membership = chosen ?? (await createOrg(outsider, input.organization ?? 'My organization', user.id));
    return enter(deps, await enterTenant(outsider, membership.orgId), { user, membership, origin });
  });
}

/** Takes a signed-in person into another organization of theirs, in a session of its own. */
export async function switchOrg(deps: SignInDeps, userId: string, orgId: string, origin: Origin): Promise<SignedIn> {
  return deps.database.outsider({ userId }, async (outsider) => {
    const membership = await choose(outsider, userId, orgId);
    if (!membership) throw new Refusal('not_found', 'No such organization.');
    const user = await requireUser(outsider, userId);
    return enter(deps, await enterTenant(outsider, orgId), { user, membership, origin });
  });
}

async function choose(outsider: Outsider, userId: string, orgId: string | undefined): Promise<Membership | undefined> {
  const memberships = await findMembershipsOf(outsider, userId);
  if (orgId === undefined) return memberships[0];
  const chosen = memberships.find((membership) => membership.orgId === orgId);
  if (!chosen) throw new Refusal('not_found', 'No such organization.');
  return chosen;
}

/** Joins the organization of an invitation. The token came by mail, so holding it proves the invited address. */
export async function joinByInvite(
  deps: SignInDeps,
  input: { readonly token: string; readonly name: string | undefined },
  origin: Origin,
): Promise<SignedIn> {
  const tokenHash = deps.tokens.hash(input.token);
  return deps.database.outsider({ tokenHash }, async (outsider) => {
    const invite = await findOpenInvite(outsider, tokenHash);
    const user = await ensureUser(outsider, invite.email, input.name ?? nameOf(invite.email));
    const tenant = await enterTenant(outsider, invite.orgId);
    await acceptInvite(tenant, invite.id, user.id);
    const membership = await addMember(tenant, { userId: user.id, role: invite.role, approver: invite.approver });
    await mirrorMembers(tenant);
    return enter(deps, tenant, { user, membership, origin, joined: invite.id });
  });
}

/** Exchanges a refresh token; a token that was used before ends its session, and says so. */
export async function refresh({ database, tokens }: SignInDeps, token: string): Promise<SignedIn> {
  const tokenHash = tokens.hash(token);
  const refreshed = await database.outsider({ tokenHash }, (outsider) => refreshSession(outsider, tokens, tokenHash));
  switch (refreshed.kind) {
    case 'unknown':
      throw new Refusal('invalid_token', 'This refresh token was not issued here.');
    case 'ended':
      throw new Refusal('invalid_token', 'This session has ended.');
    case 'reused':
      throw new Refusal('invalid_token', 'This refresh token was used before, so its session has been ended.');
    case 'refreshed': {
      const { session, refreshToken } = refreshed;
      return database.outsider({ userId: session.userId }, async (outsider) => {
        const membership = await choose(outsider, session.userId, session.orgId);
        if (!membership) throw new Refusal('invalid_token', 'This person left the organization.');
        const user = await requireUser(outsider, session.userId);
        const org = await findOrg(await enterTenant(outsider, session.orgId));
        return { user, org, membership, session, refreshToken };
      });
    }
  }
}

async function enter(
  { tokens }: SignInDeps,
  tenant: Tenant,
  given: { readonly user: User; readonly membership: Membership; readonly origin: Origin; readonly joined?: string },
): Promise<SignedIn> {
  const { user, membership, origin, joined } = given;
  const { session, refreshToken } = await startSession(tenant, tokens, { userId: user.id, network: origin.network });
  const { role, approver, orgId } = membership;
  const authTime = session.createdAt.toISOString();
  const actor = commandActor(
    { kind: 'person', userId: user.id, orgId, role, approver, authTime, sessionId: session.id, platformAdmin: false },
    origin,
  );
  if (joined !== undefined) await recordEvent(tenant, { actor, action: 'invite.accepted', target: joined });
  await recordEvent(tenant, { actor, action: 'session.started', target: session.id });
  return { user, org: await findOrg(tenant), membership, session, refreshToken };
}

const nameOf = (email: string): string => email.split('@')[0] ?? email;
