import { commandIdOf } from '../commands/identity.js';
import type { Person } from '../auth/actor.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { internal, platformAdmin } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { giveMembershipCommand, type MembershipCommandDeps } from '../membership/command.js';
import type { MembershipCommand } from '../membership/rules.js';
import { compBody, deskMembershipView, orgParams, suspendBody } from '../membership/schema.js';
import { isOrg } from '../orgs/store.js';
import { Refusal } from '../kernel/refusals.js';
import { orPending, reply, type Answer } from '../runs/command.js';
import { decideOnApplication, deskActor } from './decide.js';
import { applicationView, decideBody, deskQuery, deskView, noteBody, slugParams } from './schema.js';
import { listApplications } from './store.js';
import { showDeskApplication } from './view.js';

/** The desk: platform admins and internal keys decide applications; admins also comp, suspend and reinstate. */
export function applicationDeskRoutes(deps: MembershipCommandDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  const decided = {
    response: orPending(applicationView),
    status: 200,
    alsoStatus: [202],
    query: none,
  };
  const byAdmin = (decision: 'approved' | 'rejected', verb: string, operationId: string, summary: string): Route =>
    defineRoute({
      ...decided,
      method: 'post',
      path: `/admin/applications/{slug}/${verb}`,
      operationId,
      summary,
      auth: platformAdmin,
      params: slugParams,
      body: noteBody,
      refuses: ['forbidden', 'wrong_credential', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, params, body, request }) => {
        const order = { slug: params.slug, decision, note: body?.note, actor: deskActor(actor, request) };
        return reply(await decideOnApplication(deps, order), applicationView);
      },
    });
  const ruled = {
    auth: platformAdmin,
    params: orgParams,
    query: none,
    method: 'post',
    response: orPending(deskMembershipView),
    status: 200,
    alsoStatus: [202],
    refuses: ['forbidden', 'wrong_credential', 'not_found', 'invalid_transition', 'unavailable'],
  } as const;
  return [
    defineRoute({
      ...decided,
      method: 'post',
      path: '/membership/approve',
      operationId: 'decideApplication',
      summary: 'Approve (or reject) an application with an internal key',
      auth: internal('membership:approve'),
      params: none,
      body: decideBody,
      refuses: ['wrong_credential', 'scope_missing', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, body, request }) =>
        reply(
          await decideOnApplication(deps, { ...body, note: body.note, actor: deskActor(actor, request) }),
          applicationView,
        ),
    }),
    defineRoute({
      method: 'get',
      path: '/admin/applications',
      operationId: 'listApplications',
      summary: 'List membership applications of all organizations',
      auth: platformAdmin,
      params: none,
      query: deskQuery,
      body: noBody,
      response: deskView,
      status: 200,
      refuses: ['forbidden', 'wrong_credential', 'invalid_request'],
      handle: async ({ query }) => {
        const asked = readPage(query);
        const filter = { state: query.state, orgId: query.organization };
        const rows = await database.system((system) => listApplications(system, asked, filter));
        const { shown, nextCursor } = cutPage(rows, asked.limit);
        return {
          body: { data: shown.map(showDeskApplication), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/admin/applications', query, nextCursor),
        };
      },
    }),
    byAdmin('approved', 'approve', 'approveApplication', 'Approve an application'),
    byAdmin('rejected', 'reject', 'rejectApplication', 'Reject an application; an open payment page is closed'),
    defineRoute({
      ...ruled,
      path: '/admin/memberships/{org_id}/comp',
      operationId: 'compMembership',
      summary: 'Grant a membership without payment until a date',
      body: compBody,
      handle: async ({ actor, params, body, request }) =>
        reply(await rule(deps, { actor, request, orgId: params.org_id, command: 'comp', body }), deskMembershipView),
    }),
    defineRoute({
      ...ruled,
      path: '/admin/memberships/{org_id}/suspend',
      operationId: 'suspendMembership',
      summary: 'Suspend a membership for abuse',
      body: suspendBody,
      handle: async ({ actor, params, body, request }) =>
        reply(await rule(deps, { actor, request, orgId: params.org_id, command: 'suspend', body }), deskMembershipView),
    }),
    defineRoute({
      ...ruled,
      path: '/admin/memberships/{org_id}/reinstate',
      operationId: 'reinstateMembership',
      summary: 'End a suspension of ours',
      body: noBody,
      handle: async ({ actor, params, request }) => {
        const order = { actor, request, orgId: params.org_id, command: 'reinstate', body: null } as const;
        return reply(await rule(deps, order), deskMembershipView);
      },
    }),
  ];
}

interface Ruling {
  readonly actor: Person;
  readonly request: RequestInfo;
  readonly orgId: string;
  readonly command: MembershipCommand;
  readonly body: unknown;
}

async function rule(deps: MembershipCommandDeps, ruling: Ruling): Promise<Answer> {
  const { actor, request, orgId, command, body } = ruling;
  if (!(await deps.database.system((system) => isOrg(system, orgId))))
    throw new Refusal('not_found', 'No such organization.');
  return giveMembershipCommand(deps, {
    orgId,
    command,
    commandId: commandIdOf({ orgId, userId: actor.userId }, command, request.idempotencyKey ?? request.requestId),
    subjectId: orgId,
    actor: deskActor(actor, request),
    body,
    payload: body,
  });
}
