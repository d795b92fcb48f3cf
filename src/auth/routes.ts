import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Reply, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone, caller, person } from '../http/gates.js';
import type { AttemptLimit } from '../http/limits.js';
import { findMembership, findOrg } from '../orgs/store.js';
import type { OrgActor } from './actor.js';
import { signedInPage, signInPage } from './page.js';
import {
  acceptInviteBody,
  principalView,
  refreshBody,
  requestLinkBody,
  requestLinkView,
  sessionView,
  switchBody,
  tokenSchema,
  verifyBody,
} from './schema.js';
import { accessTokenSeconds, type Sessions } from './session.js';
import { joinByInvite, refresh, requestLink, signIn, switchOrg, type SignedIn, type SignInDeps } from './sign-in.js';
import { requireUser } from './store.js';
import { showKey, showPerson } from './view.js';

export interface AuthRouteDeps extends SignInDeps {
  readonly sessions: Sessions;
  readonly linkLimit: AttemptLimit;
}

const jwksView = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });
const NO_STORE = { 'Cache-Control': 'no-store' };
const public_ = { auth: anyone, params: none, query: none } as const;

export function authRoutes(deps: AuthRouteDeps): readonly Route[] {
  const opened = async (signedIn: SignedIn): Promise<z.input<typeof sessionView>> => {
    const { user, org, session, refreshToken } = signedIn;
    const claims = { userId: user.id, orgId: org.id, sessionId: session.id, authTime: session.createdAt };
    return {
      access_token: await deps.sessions.sign(claims),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: refreshToken,
      session_expires_at: session.expiresAt.toISOString(),
      principal: showPerson(signedIn, session.id),
    };
  };
  /** JSON for programs, a page for the button. */
  const answer = async (signedIn: SignedIn, request: RequestInfo): Promise<Reply<z.input<typeof sessionView>>> => {
    const body = await opened(signedIn);
    if (request.accepts(['application/json', 'text/html']) !== 'text/html') return { body, headers: NO_STORE };
    return signedInPage(signedIn.user.displayName, signedIn.org.name, body.access_token);
  };
  const linkPage = (path: string, operationId: string, title: string): Route =>
    defineRoute({
      ...public_,
      method: 'get',
      path,
      operationId,
      summary: `${title}: page of the mailed link; consumes nothing`,
      query: z.strictObject({ token: tokenSchema }),
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['text/html'],
      refuses: ['invalid_request'],
      handle: ({ query }) => Promise.resolve(signInPage(path, query.token, title)),
    });
  return [
    defineRoute({
      ...public_,
      method: 'post',
      path: '/auth/request',
      operationId: 'requestLink',
      summary: 'Ask for a magic link by e-mail',
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
    linkPage('/auth/verify', 'showSignIn', 'Sign in'),
    linkPage('/auth/accept-invite', 'showInvite', 'Accept the invitation'),
    defineRoute({
      ...public_,
      method: 'post',
      path: '/auth/verify',
      operationId: 'verifyLink',
      summary: 'Exchange the one-time token, or address and code, for a session',
      body: verifyBody,
      form: true,
      response: sessionView,
      status: 200,
      media: ['text/html'],
      refuses: ['invalid_request', 'invalid_token', 'link_used', 'link_expired', 'forbidden', 'not_found'],
      handle: async ({ body, request }) => {
        const { name, organization, org_id: orgId } = body;
        const proof =
          'token' in body
            ? ({ kind: 'token', token: body.token } as const)
            : ({ kind: 'code', email: body.email, code: body.code } as const);
        return answer(await signIn(deps, { proof, name, organization, orgId }, request), request);
      },
    }),
    defineRoute({
      ...public_,
      method: 'post',
      path: '/auth/accept-invite',
      operationId: 'acceptInvite',
      summary: 'Accept an invitation and sign in',
      body: acceptInviteBody,
      form: true,
      response: sessionView,
      status: 200,
      media: ['text/html'],
      refuses: ['invalid_request', 'invalid_token', 'link_used', 'link_expired'],
      handle: async ({ body: { token, name }, request }) =>
        answer(await joinByInvite(deps, { token, name }, request), request),
    }),
    defineRoute({
      ...public_,
      method: 'post',
      path: '/auth/refresh',
      operationId: 'refreshSession',
      summary: 'Exchange a refresh token for the next one and a new access token',
      body: refreshBody,
      response: sessionView,
      status: 200,
      refuses: ['invalid_request', 'invalid_token'],
      handle: async ({ body }) => ({
        body: await opened(await refresh(deps, body.refresh_token)),
        headers: NO_STORE,
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/auth/switch',
      operationId: 'switchOrganization',
      summary: 'Act in another organization of yours, in a session of its own',
      auth: person,
      params: none,
      query: none,
      body: switchBody,
      response: sessionView,
      status: 200,
      refuses: ['invalid_request', 'not_found'],
      handle: async ({ actor, body, request }) => ({
        body: await opened(await switchOrg(deps, actor.userId, body.org_id, request)),
        headers: NO_STORE,
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/auth/me',
      operationId: 'getPrincipal',
      summary: 'The authenticated principal',
      auth: caller('read'),
      params: none,
      query: none,
      body: noBody,
      response: principalView,
      status: 200,
      refuses: [],
      handle: async ({ actor }) => ({ body: await readPrincipal(deps.database, actor) }),
    }),
    defineRoute({
      ...public_,
      method: 'get',
      path: '/.well-known/jwks.json',
      operationId: 'getJwks',
      summary: 'Public keys of access tokens (RFC 7517)',
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

async function readPrincipal(database: Database, actor: OrgActor): Promise<z.input<typeof principalView>> {
  return database.tenant(actor.orgId, async (tenant) => {
    const membership = await findMembership(tenant, actor.userId);
    if (!membership) throw new Error('readPrincipal: an authenticated person without a membership');
    const whose = { user: await requireUser(tenant, actor.userId), org: await findOrg(tenant), membership };
    if (actor.kind === 'person') return showPerson(whose, actor.sessionId);
    return showKey(whose, actor);
  });
}
