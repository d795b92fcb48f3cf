import type { Database } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { readMembership } from '../orgs/store.js';
import type { Actor } from './actor.js';
import type { Sessions } from './session.js';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Reads a bearer token; the role comes from Postgres now, so a removed or demoted person loses access at once. */
export function createAuthenticator(database: Database, sessions: Sessions) {
  return async (authorization: string | undefined): Promise<Actor | undefined> => {
    if (authorization === undefined) return undefined;
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new Refusal('invalid_token', 'The Authorization header is not a bearer token.');
    const { userId, orgId, authTime } = await sessions.verify(token);
    const membership = await readMembership(database, orgId, userId);
    if (!membership) throw new Refusal('invalid_token', 'This person no longer belongs to the organization.');
    const { role, approver } = membership;
    return { kind: 'person', userId, orgId, role, approver, authTime: authTime.toISOString() };
  };
}
