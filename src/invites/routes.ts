import { recordEvent } from '../audit-log/store.js';
import type { Person } from '../auth/actor.js';
import type { Tokens } from '../auth/tokens.js';
import { commandActor } from '../commands/actor.js';
import { once } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { requireNoSandbox } from '../sandboxes/store.js';
import { mayInvite } from '../orgs/policy.js';
import { findOrg } from '../orgs/store.js';
import { inviteBody, inviteParams, invitesView, inviteView } from './schema.js';
import { insertInvite, listInvites, resendInvite, revokeInvite, type Invite } from './store.js';
import { showInvite } from './view.js';

export function inviteRoutes({
  database,
  tokens,
}: {
  readonly database: Database;
  readonly tokens: Tokens;
}): readonly Route[] {
  const common = { auth: person, may: mayInvite, query: none } as const;
  /** Changes one invitation and tells the log. */
  const change = async (
    actor: Person,
    request: RequestInfo,
    action: string,
    work: (tenant: Tenant) => Promise<Invite>,
  ): Promise<Invite> =>
    database.tenant(actor.orgId, async (tenant) => {
      const invite = await work(tenant);
      await recordEvent(tenant, { actor: commandActor(actor, request), action, target: invite.id });
      return invite;
    });
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/org/invites',
      operationId: 'listInvites',
      summary: 'List invitations',
      params: none,
      body: noBody,
      response: invitesView,
      status: 200,
      refuses: ['forbidden', 'human_required'],
      handle: async ({ actor }) => {
        const invites = await database.tenant(actor.orgId, listInvites);
        return { body: { data: invites.map((invite) => showInvite(invite, new Date())) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/org/invites',
      operationId: 'createInvite',
      summary: 'Invite a person',
      params: none,
      body: inviteBody,
      response: inviteView,
      status: 201,
      refuses: ['forbidden', 'human_required', 'invalid_request', 'invalid_transition', 'idempotency_mismatch'],
      handle: async ({ actor, body, request }) => {
        const { email, role, approver = role === 'admin' } = body;
        const command = plainCommand(actor, 'createInvite', request, body);
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, command, inviteView, async () => {
            await requireNoSandbox(tenant);
            const { name: orgName } = await findOrg(tenant);
            const given = { email, role, approver, invitedBy: actor.userId, orgName };
            const invite = await insertInvite(tenant, tokens, given);
            const by = commandActor(actor, request);
            await recordEvent(tenant, { actor: by, action: 'invite.created', target: invite.id });
            return showInvite(invite, new Date());
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/org/invites/{invite_id}/resend',
      operationId: 'resendInvite',
      summary: 'Send an invitation again; the earlier link stops working',
      params: inviteParams,
      body: noBody,
      response: inviteView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found', 'invalid_transition'],
      handle: async ({ actor, params, request }) => {
        const invite = await change(actor, request, 'invite.resent', async (tenant) =>
          resendInvite(tenant, tokens, params.invite_id, (await findOrg(tenant)).name),
        );
        return { body: showInvite(invite, new Date()) };
      },
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: '/org/invites/{invite_id}',
      operationId: 'revokeInvite',
      summary: 'Withdraw an invitation',
      params: inviteParams,
      body: noBody,
      response: inviteView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found', 'invalid_transition'],
      handle: async ({ actor, params, request }) => {
        const invite = await change(actor, request, 'invite.revoked', (tenant) =>
          revokeInvite(tenant, params.invite_id),
        );
        return { body: showInvite(invite, new Date()) };
      },
    }),
  ];
}
