import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone, person } from '../http/gates.js';
import type { AttemptLimit } from '../http/limits.js';
import { findMembership, findOrg } from '../orgs/store.js';
import { signInPage } from './page.js';
import { accessTokenSeconds, type Sessions } from './session.js';
import {
  acceptInviteBody,
  principalView,
  requestLinkBody,
  requestLinkView,
  sessionView,
  tokenSchema,
  verifyBody,
} from './schema.js';
import { joinByInvite, requestLink, signIn, type SignedIn, type SignInDeps } from './sign-in.js';
import { findUsers } from './store.js';
import { showPrincipal } from './view.js';

export interface AuthRouteDeps extends SignInDeps {
  readonly sessions: Sessions;
  readonly linkLimit: AttemptLimit;
}

const jwksView = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });
const pageView = z.string();

export function authRoutes(deps: AuthRouteDeps): readonly Route[] {
  const session = async ({ user, org, membership }: SignedIn): Promise<z.input<typeof sessionView>> => ({
    access_token: await deps.sessions.sign({ userId: user.id, orgId: org.id, authTime: new Date() }),
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
    principal: showPrincipal(user, org, membership),
  });
  return [
    defineRoute({
      method: 'post',
      path: '/auth/request',
      operationId: 'requestLink',
      summary: 'Ask for a magic link by e-mail',
      auth: anyone,
      params: none,
      query: none,
      body: requestLinkBody,
      response: requestLinkView,
      status: 202,
      refuses: ['malformed_json', 'invalid_request', 'rate_limited'],
      handle: async ({ body, request }) => {
        await deps.linkLimit([`mail:${deps.tokens.hash(body.email)}`, `net:${request.network}`]);
        await requestLink(deps, body.email);
        return { body: { message: 'If this address can sign in, a link is on its way.' } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/auth/verify',
      operationId: 'showSignIn',
      summary: 'Page of a sign-in link; consumes nothing',
      auth: anyone,
      params: none,
      query: z.strictObject({ token: tokenSchema }),
      body: noBody,
      response: pageView,
      status: 200,
      media: ['text/html'],
      refuses: ['invalid_request'],
      handle: ({ query }) => Promise.resolve(signInPage('/auth/verify', query.token)),
    }),
    defineRoute({
      method: 'get',
      path: '/auth/accept-invite',
      operationId: 'showInvite',
      summary: 'Page of an invitation; consumes nothing',
      auth: anyone,
      params: none,
      query: z.strictObject({ token: tokenSchema }),
      body: noBody,
      response: pageView,
      status: 200,
      media: ['text/html'],
      refuses: ['invalid_request'],
      handle: ({ query }) => Promise.resolve(signInPage('/auth/accept-invite', query.token)),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/verify',
      operationId: 'verifyLink',
      summary: 'Exchange the one-time token for an access token',
      auth: anyone,
      params: none,
      query: none,
      body: verifyBody,
      response: sessionView,
      status: 200,
      refuses: ['invalid_token', 'link_used', 'link_expired', 'forbidden', 'not_found'],
      handle: async ({ body: { token, name, organization, org_id } }) => ({
        body: await session(await signIn(deps, { token, name, organization, orgId: org_id })),
        headers: { 'Cache-Control': 'no-store' },
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/accept-invite',
      operationId: 'acceptInvite',
      summary: 'Accept an invitation and sign in',
      auth: anyone,
      params: none,
      query: none,
      body: acceptInviteBody,
      response: sessionView,
      status: 200,
      refuses: ['invalid_token', 'link_used', 'link_expired'],
      handle: async ({ body: { token, name } }) => ({
        body: await session(await joinByInvite(deps, { token, name })),
        headers: { 'Cache-Control': 'no-store' },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/auth/me',
      operationId: 'getPrincipal',
      summary: 'The authenticated principal',
      auth: person,
      params: none,
      query: none,
      body: noBody,
      response: principalView,
      status: 200,
      refuses: [],
      handle: async ({ actor }) => ({ body: await readPrincipal(deps.database, actor.orgId, actor.userId) }),
    }),
    defineRoute({
      method: 'get',
      path: '/.well-known/jwks.json',
      operationId: 'getJwks',
      summary: 'Public keys of access tokens (RFC 7517)',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: jwksView,
      status: 200,
      refuses: [],
      handle: () =>
        Promise.resolve({
          body: { keys: deps.sessions.jwks.keys.map((key) => ({ ...key })) },
          headers: { 'Cache-Control': 'public, max-age=300' },
        }),
    }),
  ];
}

async function readPrincipal(
  database: Database,
  orgId: string,
  userId: string,
): Promise<z.input<typeof principalView>> {
  return database.tenant(orgId, async (tenant) => {
    const [user] = await findUsers(tenant, [userId]);
    const membership = await findMembership(tenant, userId);
    if (!user || !membership) throw new Error('readPrincipal: an authenticated person without a membership');
    return showPrincipal(user, await findOrg(tenant), membership);
  });
}
