import type { Tokens } from '../auth/tokens.js';
import { requireRecentSignIn } from '../auth/step-up.js';
import { once } from '../commands/store.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { mayWrite } from '../orgs/policy.js';
import { editProfile, registerProfile, unlockProfile } from './change.js';
import { mayUnlock } from './policy.js';
import {
  profileBody,
  profileParams,
  profilePatch,
  profilesQuery,
  profilesView,
  profileView,
  snapshotsView,
  unlockBody,
} from './schema.js';
import { findProfile, listProfiles, listSnapshots, type AgentProfile } from './store.js';
import { etagOf, showProfile } from './view.js';

interface Deps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly publicUrl: string;
}

export function agentProfileRoutes(deps: Deps): readonly Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps)];
}

function readingRoutes({ database, publicUrl }: Deps): readonly Route[] {
  const common = { auth: caller('read'), body: noBody, status: 200 } as const;
  const find = async (tenant: Tenant, id: string): Promise<AgentProfile> => {
    const profile = await findProfile(tenant, id);
    if (!profile) throw new Refusal('not_found', 'No such agent profile.');
    return profile;
  };
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/agent-profiles',
      operationId: 'listAgentProfiles',
      summary: 'The registry of agents, newest first, by state, model, tool and risk',
      params: none,
      query: profilesQuery,
      response: profilesView,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const { data, next_cursor } = await database.tenant(actor.orgId, async (tenant) => {
          const { shown, nextCursor } = cutPage(await listProfiles(tenant, page, query), page.limit);
          const views = [];
          for (const profile of shown) views.push(await showProfile(tenant, profile));
          return { data: views, next_cursor: nextCursor };
        });
        return { body: { data, next_cursor }, headers: nextLink(publicUrl, '/agent-profiles', query, next_cursor) };
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/agent-profiles/{profile_id}',
      operationId: 'getAgentProfile',
      summary: 'One agent, with the lanes it has earned and the incidents that freeze it',
      params: profileParams,
      query: none,
      response: profileView,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const body = await database.tenant(actor.orgId, async (tenant) =>
          showProfile(tenant, await find(tenant, params.profile_id)),
        );
        return { body, headers: { ETag: etagOf(body.revision) } };
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/agent-profiles/{profile_id}/snapshots',
      operationId: 'listAgentSnapshots',
      summary: 'Every snapshot of an agent, newest first; receipts refer to its digest',
      params: profileParams,
      query: none,
      response: snapshotsView,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const found = await database.tenant(actor.orgId, async (tenant) =>
          listSnapshots(tenant, (await find(tenant, params.profile_id)).id),
        );
        const data = found.map(({ version, digest, snapshot, createdBy, createdAt }) => ({
          ...{ version, digest, snapshot, created_by: createdBy, created_at: createdAt.toISOString() },
        }));
        return { body: { data } };
      },
    }),
  ];
}

function writingRoutes({ database, tokens }: Deps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/agent-profiles',
      operationId: 'registerAgentProfile',
      summary: 'Register an agent',
      auth: caller('agents:write'),
      may: mayWrite,
      params: none,
      query: none,
      body: profileBody,
      response: profileView,
      status: 201,
      refuses: ['forbidden', 'invalid_request', 'name_taken', 'idempotency_mismatch'],
      handle: async ({ actor, body, request }) => {
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, plainCommand(actor, 'registerAgentProfile', request, body), profileView, async () =>
            showProfile(tenant, await registerProfile(tenant, tokens, body, { actor, request })),
          ),
        );
        return { body: result, headers: { ETag: etagOf(result.revision), ...replayHeaders(replayed) } };
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/agent-profiles/{profile_id}',
      operationId: 'changeAgentProfile',
      summary: 'Change an agent; any change of its content is a new snapshot',
      auth: caller('agents:write'),
      may: mayWrite,
      params: profileParams,
      query: none,
      body: profilePatch,
      response: profileView,
      status: 200,
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'name_taken',
        'invalid_transition',
        'precondition_failed',
        'precondition_required',
      ],
      handle: async ({ actor, params, body, request }) => {
        const view = await database.tenant(actor.orgId, async (tenant) =>
          showProfile(tenant, await editProfile(tenant, params.profile_id, body, { actor, request })),
        );
        return { body: view, headers: { ETag: etagOf(view.revision) } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/agent-profiles/{profile_id}/unlock',
      operationId: 'unlockAgentProfile',
      summary: 'Let a locked agent work again, after its incident is resolved',
      auth: person,
      may: mayUnlock,
      params: profileParams,
      query: none,
      body: unlockBody,
      response: profileView,
      status: 200,
      refuses: [
        'forbidden',
        'human_required',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'incident_unresolved',
        'second_person',
        'step_up_required',
      ],
      handle: async ({ actor, params, body, request }) => {
        requireRecentSignIn(actor);
        const view = await database.tenant(actor.orgId, async (tenant) =>
          showProfile(tenant, await unlockProfile(tenant, params.profile_id, body.incident_id, { actor, request })),
        );
        return { body: view, headers: { ETag: etagOf(view.revision) } };
      },
    }),
  ];
}
