import { raw } from 'objection';
import { z } from 'zod';
import { roles, type Role } from '../auth/actor.js';
import type { Tokens } from '../auth/tokens.js';
import { enterTenant, type Database, type Outsider, type Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { RefreshTokenRow, SessionRow } from './model.js';

/** One sign-in of one person into one organization: the family of its refresh tokens. */
export interface Session {
  readonly id: string;
  readonly orgId: string;
  readonly userId: string;
  /** Where it began: a network, not an address. */
  readonly network: string;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}
export type EndReason = 'signed_out' | 'revoked' | 'reused_token' | 'left_organization';

/** Days after which a session ends whatever happens; its person signs in again. */
export const SESSION_DAYS = 30;

const standingSchema = z.object({
  rows: z.array(z.object({ role: z.enum(roles), approver: z.boolean(), email: z.string() })),
});

/** What a session's person is in its organization now, in one statement; undefined once either has ended. */
export async function readStanding(
  { knex }: Database,
  session: { readonly orgId: string; readonly userId: string; readonly sessionId: string },
): Promise<{ readonly role: Role; readonly approver: boolean; readonly email: string } | undefined> {
  const { orgId, userId, sessionId } = session;
  return standingSchema.parse(await knex.raw('select * from session_now(?, ?, ?)', [orgId, userId, sessionId])).rows[0];
}

/** Begins a session and draws its first refresh token. */
export async function startSession(
  tenant: Tenant,
  tokens: Tokens,
  given: { readonly userId: string; readonly network: string },
): Promise<{ readonly session: Session; readonly refreshToken: string }> {
  const session = await SessionRow.query(tenant.trx)
    .insert({
      id: newId('session'),
      orgId: tenant.orgId,
      ...given,
      expiresAt: new Date(Date.now() + SESSION_DAYS * 86_400_000),
    })
    .returning('*');
  return { session, refreshToken: await drawRefreshToken(tenant, tokens, session.id) };
}

async function drawRefreshToken(tenant: Tenant, tokens: Tokens, sessionId: string): Promise<string> {
  const id = newId('refresh');
  const token = tokens.issue('refresh', id);
  await RefreshTokenRow.query(tenant.trx).insert({
    id,
    orgId: tenant.orgId,
    sessionId,
    tokenHash: tokens.hash(token),
  });
  return token;
}

export type Refreshed =
  | { readonly kind: 'refreshed'; readonly session: Session; readonly refreshToken: string }
  | { readonly kind: 'unknown' | 'ended' | 'reused' };

/**
 * Exchanges a refresh token for the next one. One conditional UPDATE decides between parallel calls; a token that
 * comes a second time was copied by somebody, so the whole session ends (RFC 9700 §4.14.2). The refusal is an answer,
 * not an error, because the end of the session must be committed.
 */
export async function refreshSession(outsider: Outsider, tokens: Tokens, tokenHash: string): Promise<Refreshed> {
  const token = await RefreshTokenRow.query(outsider.trx).findOne({ tokenHash });
  if (!token) return { kind: 'unknown' };
  const tenant = await enterTenant(outsider, token.orgId);
  const spent = await RefreshTokenRow.query(tenant.trx)
    .where({ id: token.id, orgId: tenant.orgId })
    .whereNull('usedAt')
    .patch({ usedAt: raw('now()') });
  if (spent === 0) {
    await endSessions(tenant, { id: token.sessionId }, 'reused_token');
    return { kind: 'reused' };
  }
  const [session] = await SessionRow.query(tenant.trx)
    .where({ id: token.sessionId, orgId: tenant.orgId })
    .whereNull('endedAt')
    .where('expiresAt', '>', raw('now()'))
    .patch({ refreshedAt: raw('now()') })
    .returning('*');
  if (!session) return { kind: 'ended' };
  return { kind: 'refreshed', session, refreshToken: await drawRefreshToken(tenant, tokens, session.id) };
}

/** Ends live sessions of the organization: one, or all of a person. Returns how many. Safe to repeat. */
export async function endSessions(
  tenant: Tenant,
  which: { readonly id: string } | { readonly userId: string },
  because: EndReason,
): Promise<number> {
  return SessionRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, ...which })
    .whereNull('endedAt')
    .patch({ endedAt: raw('now()'), endedBecause: because });
}

/** The live sessions of a person in this organization, newest first. */
export async function listSessions(tenant: Tenant, userId: string): Promise<readonly Session[]> {
  return SessionRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, userId })
    .whereNull('endedAt')
    .where('expiresAt', '>', raw('now()'))
    .orderBy('createdAt', 'desc')
    .limit(200);
}
