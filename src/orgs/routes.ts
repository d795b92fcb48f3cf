import type { Tokens } from '../auth/tokens.js';
import { commandActor } from '../commands/actor.js';
import { once, recordEvent } from '../commands/store.js';
import type { Database } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { enqueueMail } from '../mail/store.js';
import { mayInvite } from './policy.js';
import { inviteBody, invitesView, inviteView, membersView, orgView } from './schema.js';
import { findOrg, insertInvite, listInvites, listMembers } from './store.js';
import { showInvite, showMember, showOrg } from './view.js';

const INVITE_DAYS = 7;

export function orgRoutes({
  database,
  tokens,
}: {
  readonly database: Database;
  readonly tokens: Tokens;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/org',
      operationId: 'getOrg',
      summary: 'The current organization',
      auth: person,
      params: none,
      query: none,
      body: noBody,
      response: orgView,
      status: 200,
      refuses: [],
      handle: async ({ actor }) => ({ body: showOrg(await database.tenant(actor.orgId, findOrg)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/org/members',
      operationId: 'listMembers',
      summary: 'Members and roles',
      auth: person,
      params: none,
      query: none,
      body: noBody,
      response: membersView,
      status: 200,
      refuses: [],
      handle: async ({ actor }) => ({
        body: { data: (await database.tenant(actor.orgId, listMembers)).map(showMember) },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/org/invites',
      operationId: 'listInvites',
      summary: 'List invitations',
      auth: person,
      may: mayInvite,
      params: none,
      query: none,
      body: noBody,
      response: invitesView,
      status: 200,
      refuses: ['forbidden'],
      handle: async ({ actor }) => {
        const invites = await database.tenant(actor.orgId, listInvites);
        return { body: { data: invites.map((invite) => showInvite(invite, new Date())) } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/org/invites',
      operationId: 'createInvite',
      summary: 'Invite a person',
      auth: person,
      may: mayInvite,
      params: none,
      query: none,
      body: inviteBody,
      response: inviteView,
      status: 201,
      refuses: ['forbidden', 'invalid_request', 'idempotency_mismatch'],
      handle: async ({ actor, body, request }) => {
        const { email, role, approver = role === 'admin' } = body;
        const command = plainCommand(actor, 'createInvite', request, body);
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, command, inviteView, async () => {
            const id = newId('invite');
            const tokenHash = tokens.hash(tokens.issue('invite', id));
            const invite = await insertInvite(tenant, {
              id,
              email,
              role,
              approver,
              tokenHash,
              invitedBy: actor.userId,
              days: INVITE_DAYS,
            });
            const { name } = await findOrg(tenant);
            await enqueueMail(tenant, {
              dedupeKey: `invite:${id}`,
              template: 'invite',
              recipient: email,
              params: { invite_id: id, org_name: name },
            });
            await recordEvent(tenant, { actor: commandActor(actor, request), action: 'invite.created', target: id });
            return showInvite(invite, new Date());
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
  ];
}
