import { readKey } from '../api-keys/store.js';
import type { Database } from '../db/database.js';
import { readInternalKey } from '../internal-keys/store.js';
import { Refusal } from '../kernel/refusals.js';
import { readStanding } from '../sessions/store.js';
import type { Actor } from './actor.js';
import { kindOfSecret, type SecretHashes } from './secret.js';
import type { Sessions } from './session.js';

const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;
/** A JWT has dots and a base64url head; our secrets begin with their own prefixes. */
const OWN_SECRET = /^dc[a-z]+_/;

export interface AuthenticatorDeps {
  readonly database: Database;
  readonly sessions: Sessions;
  readonly secretHashes: SecretHashes;
  /** Addresses of the platform's own admins, in lower case. */
  readonly platformAdmins: ReadonlySet<string>;
}

/**
 * Reads a bearer credential: an access token, an API key or an internal key. What it may do comes from Postgres now, so
 * a removed or demoted person, an ended session and a revoked key lose access at once.
 */
export function createAuthenticator(deps: AuthenticatorDeps) {
  return async (authorization: string | undefined): Promise<Actor | undefined> => {
    if (authorization === undefined) return undefined;
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new Refusal('invalid_token', 'The Authorization header is not a bearer token.');
    return OWN_SECRET.test(token) ? readSecret(deps, token) : readAccessToken(deps, token);
  };
}

async function readSecret({ database, secretHashes }: AuthenticatorDeps, secret: string): Promise<Actor> {
  const kind = kindOfSecret(secret);
  if (kind === undefined) throw new Refusal('invalid_token', 'This key is mistyped: its checksum does not fit.');
  const organizational = kind === 'live' || kind === 'test';
  const actor = organizational
    ? await readKey(database, secretHashes, secret)
    : await readInternalKey(database, secretHashes, secret);
  if (!actor) throw new Refusal('invalid_token', 'This key is unknown, expired or revoked.');
  return actor;
}

async function readAccessToken(
  { database, sessions, platformAdmins }: AuthenticatorDeps,
  token: string,
): Promise<Actor> {
  const claims = await sessions.verify(token);
  const standing = await readStanding(database, claims);
  if (!standing) throw new Refusal('invalid_token', 'This session has ended, or its person left the organization.');
  const { userId, orgId, sessionId, authTime } = claims;
  const { role, approver, email } = standing;
  return {
    kind: 'person',
    userId,
    orgId,
    sessionId,
    role,
    approver,
    authTime: authTime.toISOString(),
    platformAdmin: platformAdmins.has(email),
  };
}
