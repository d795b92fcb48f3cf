import { revokeKeysOf } from '../api-keys/store.js';
import { recordEvent } from '../audit-log/store.js';
import type { Person } from '../auth/actor.js';
import { commandActor } from '../commands/actor.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { endSessions } from '../sessions/store.js';
import { mayChangeMembers } from './policy.js';
import { mayChangeMember, type MemberChange } from './rules.js';
import { mirrorMembers, requireNoSandbox } from '../sandboxes/store.js';
import { memberParams, membersView, memberView, orgView, roleBody } from './schema.js';
import { changeMember, countOwners, findOrg, listMembers, lockMember, removeMember, type Member } from './store.js';
import { showMember, showOrg } from './view.js';

const ACTIONS = { role: 'member.role_changed', removal: 'member.removed', leaving: 'member.left' } as const;
const etagOf = ({ version }: Member): string => `"${String(version)}"`;

export function orgRoutes({ database }: { readonly database: Database }): readonly Route[] {
  /** Locks the people, asks the rule, changes, tells the log: one transaction. */
  const change = (
    actor: Person,
    request: RequestInfo,
    userId: string,
    wish: MemberChange,
    work: (tenant: Tenant, target: Member) => Promise<Member>,
  ): Promise<Member> =>
    database.tenant(actor.orgId, async (tenant) => {
      await requireNoSandbox(tenant);
      const target = await lockMember(tenant, userId);
      const verdict = mayChangeMember({ change: wish, actor, target, owners: await countOwners(tenant) });
      if (!verdict.ok) throw new Refusal(verdict.because, verdict.message);
      const changed = await work(tenant, target);
      const digest = ({ role, approver }: Member): string => `${role}${approver ? '+approver' : ''}`;
      await recordEvent(tenant, {
        actor: commandActor(actor, request),
        action: ACTIONS[wish.kind],
        target: userId,
        beforeDigest: digest(target),
        afterDigest: wish.kind === 'role' ? digest(changed) : null,
      });
      return changed;
    });
  return [
    defineRoute({
      method: 'get',
      path: '/org',
      operationId: 'getOrg',
      summary: 'The current organization',
      auth: caller('read'),
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
      auth: caller('read'),
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
      method: 'put',
      path: '/org/members/{user_id}/role',
      operationId: 'changeRole',
      summary: 'Change a role',
      auth: person,
      may: mayChangeMembers,
      params: memberParams,
      query: none,
      body: roleBody,
      response: memberView,
      status: 200,
      refuses: [
        'forbidden',
        'human_required',
        'invalid_request',
        'not_found',
        'last_owner',
        'precondition_failed',
        'invalid_transition',
      ],
      handle: async ({ actor, params, body, request }) => {
        const { role } = body;
        const wish = { kind: 'role', role } as const;
        const member = await change(actor, request, params.user_id, wish, async (tenant, target) => {
          if (request.ifMatch !== undefined && request.ifMatch !== etagOf(target))
            throw new Refusal('precondition_failed', `This member is at version ${String(target.version)}.`);
          const approver = role !== 'viewer' && (body.approver ?? target.approver);
          const changed = await changeMember(tenant, target, { role, approver });
          await mirrorMembers(tenant);
          return changed;
        });
        return { body: showMember(member), headers: { ETag: etagOf(member) } };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/org/members/{user_id}',
      operationId: 'removeMember',
      summary: 'Remove a member: their sessions and keys end at once',
      auth: person,
      may: mayChangeMembers,
      params: memberParams,
      query: none,
      body: noBody,
      response: memberView,
      status: 200,
      refuses: ['forbidden', 'human_required', 'not_found', 'last_owner', 'invalid_transition'],
      handle: async ({ actor, params, request }) => ({
        body: showMember(await change(actor, request, params.user_id, { kind: 'removal' }, remove)),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/org/leave',
      operationId: 'leaveOrganization',
      summary: 'Leave the organization: your sessions and keys in it end at once',
      auth: person,
      params: none,
      query: none,
      body: noBody,
      response: memberView,
      status: 200,
      refuses: ['human_required', 'last_owner', 'invalid_transition'],
      handle: async ({ actor, request }) => ({
        body: showMember(await change(actor, request, actor.userId, { kind: 'leaving' }, remove)),
      }),
    }),
  ];
}

async function remove(tenant: Tenant, target: Member): Promise<Member> {
  await removeMember(tenant, target.userId);
  await mirrorMembers(tenant);
  await endSessions(tenant, { userId: target.userId }, 'left_organization');
  await revokeKeysOf(tenant, target.userId);
  return target;
}
