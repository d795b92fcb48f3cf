import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import type { InternalScope } from '../../src/auth/actor.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { createInternalKey } from '../../src/internal-keys/store.js';
import type { Rig } from './rig.js';

const id = z.object({ id: z.string() });
const session = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  principal: z.object({ user: z.object({ id: z.string() }), organization: z.object({ id: z.string() }) }),
});
const mailbox = z.object({ data: z.array(z.object({ text: z.string() })) });

export interface PersonInTest extends Caller {
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly userId: string;
  readonly orgId: string;
}
/** An organization with everyone a run needs. */
export interface Cast {
  readonly owner: PersonInTest;
  readonly reviewer: PersonInTest;
  /** Answers the human rules, so that the reviewer may approve. */
  readonly grader: PersonInTest;
  readonly projectId: string;
}

export const freshEmail = (): string => `p${randomBytes(6).toString('hex')}@example.test`;

type Reach = Pick<Rig, 'call' | 'as'>;

/** The token of the newest mail to an address. */
export async function mailedToken(rig: Pick<Rig, 'call'>, email: string): Promise<string> {
  const { data } = expectAnswer(await rig.call('GET', `/dev/mailbox?to=${encodeURIComponent(email)}`), [200], mailbox);
  const token = /[?&]token=([\w-]+)/.exec(data[0]?.text ?? '')?.[1];
  if (token === undefined) throw new Error(`no mail with a token for ${email}`);
  return token;
}

function enter(rig: Reach, email: string, answer: unknown): PersonInTest {
  const { access_token, refresh_token: refreshToken, principal } = session.parse(answer);
  const caller = rig.as(access_token);
  return {
    ...caller,
    email,
    token: access_token,
    refreshToken,
    userId: principal.user.id,
    orgId: principal.organization.id,
  };
}

export async function signUp(rig: Reach, email = freshEmail()): Promise<PersonInTest> {
  expectAnswer(await rig.call('POST', '/auth/request', { email }), [202], z.unknown());
  const token = await mailedToken(rig, email);
  return enter(rig, email, expectAnswer(await rig.call('POST', '/auth/verify', { token }), [200], session));
}

export async function join(
  rig: Reach,
  owner: Caller,
  role: 'admin' | 'member' | 'viewer',
  approver: boolean,
): Promise<PersonInTest> {
  const email = freshEmail();
  expectAnswer(await owner.call('POST', '/org/invites', { email, role, approver }), [201], id);
  const token = await mailedToken(rig, email);
  return enter(rig, email, expectAnswer(await rig.call('POST', '/auth/accept-invite', { token }), [200], session));
}

export async function assemble(rig: Reach): Promise<Cast> {
  const owner = await signUp(rig);
  const reviewer = await join(rig, owner, 'member', true);
  const grader = await join(rig, owner, 'member', false);
  const { id: projectId } = expectAnswer(await owner.call('POST', '/projects', { name: 'Tests' }), [201], id);
  return { owner, reviewer, grader, projectId };
}

const newKey = z.object({ id: z.string(), secret: z.string() });

/** An API key of an organization, as a caller. */
export async function keyOf(
  rig: Reach,
  owner: Caller,
  scopes: readonly string[],
  mode: 'live' | 'test' = 'live',
): Promise<Caller & { readonly id: string; readonly secret: string }> {
  const body = { name: 'Key in a test', scopes, mode };
  const { id: keyId, secret } = expectAnswer(await owner.call('POST', '/org/api-keys', body), [201], newKey);
  return { ...rig.as(secret), id: keyId, secret };
}

/** An internal key, made as an operator makes it, as a caller. */
export async function internalKeyOf(
  rig: Reach & Pick<Rig, 'ownerUrl' | 'parts'>,
  scopes: readonly InternalScope[],
): Promise<Caller & { readonly id: string; readonly secret: string }> {
  const owner = operatorPool(rig.ownerUrl);
  try {
    const key = { name: 'Key in a test', scopes, expiresAt: null };
    const { id: keyId, secret } = await createInternalKey(owner, rig.parts.secretHashes, key);
    return { ...rig.as(secret), id: keyId, secret };
  } finally {
    await owner.destroy();
  }
}

/** The same person with a sign-in of some hours ago. */
export async function signedInHoursAgo(
  rig: Pick<Rig, 'as' | 'sessions'>,
  { userId, orgId, token }: PersonInTest,
  hours: number,
): Promise<Caller> {
  const authTime = new Date(Date.now() - hours * 3_600_000);
  return rig.as(await rig.sessions.sign({ userId, orgId, sessionId: String(decodeJwt(token)['sid']), authTime }));
}
