import { recordEvent } from '../audit-log/store.js';
import type { Person } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { endedView, liveSessionsView, sessionParams } from './schema.js';
import { endSessions, listSessions, type EndReason } from './store.js';

export function sessionRoutes({ database }: { readonly database: Database }): readonly Route[] {
  const end = (
    actor: Person,
    request: RequestInfo,
    which: { readonly id: string } | { readonly userId: string },
    because: EndReason,
  ): Promise<number> =>
    database.tenant(actor.orgId, async (tenant) => {
      const own = await listSessions(tenant, actor.userId);
      if ('id' in which && !own.some(({ id }) => id === which.id)) return 0;
      const ended = await endSessions(tenant, which, because);
      const target = 'id' in which ? which.id : actor.userId;
      if (ended > 0)
        await recordEvent(tenant, { actor: commandActor(actor, request), action: `session.${because}`, target });
      return ended;
    });
  const common = { auth: person, query: none, body: noBody, status: 200 } as const;
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/auth/sessions',
      operationId: 'listSessions',
      summary: 'Your live sessions in this organization',
      params: none,
      response: liveSessionsView,
      refuses: [],
      handle: async ({ actor }) => {
        const sessions = await database.tenant(actor.orgId, (tenant) => listSessions(tenant, actor.userId));
        const data = sessions.map(({ id, network, createdAt, refreshedAt, expiresAt }) => ({
          id,
          current: id === actor.sessionId,
          network,
          created_at: createdAt.toISOString(),
          refreshed_at: refreshedAt.toISOString(),
          expires_at: expiresAt.toISOString(),
        }));
        return { body: { data } };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/auth/sign-out',
      operationId: 'signOut',
      summary: 'End this session; its tokens stop working at once',
      params: none,
      response: endedView,
      refuses: [],
      handle: async ({ actor, request }) => ({
        body: { ended: await end(actor, request, { id: actor.sessionId }, 'signed_out') },
      }),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/auth/sign-out-everywhere',
      operationId: 'signOutEverywhere',
      summary: 'End all your sessions in this organization',
      params: none,
      response: endedView,
      refuses: [],
      handle: async ({ actor, request }) => ({
        body: { ended: await end(actor, request, { userId: actor.userId }, 'signed_out') },
      }),
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: '/auth/sessions/{session_id}',
      operationId: 'endSession',
      summary: 'End one of your sessions',
      params: sessionParams,
      response: endedView,
      refuses: ['not_found'],
      handle: async ({ actor, params, request }) => {
        const ended = await end(actor, request, { id: params.session_id }, 'revoked');
        if (ended === 0) throw new Refusal('not_found', 'No such session of yours.');
        return { body: { ended } };
      },
    }),
  ];
}
