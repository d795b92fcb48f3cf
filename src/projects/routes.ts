import type { z } from 'zod';
import { commandActor } from '../commands/actor.js';
import { recordEvent } from '../audit-log/store.js';
import { once } from '../commands/store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { mayWrite } from '../orgs/policy.js';
import { projectBody, projectsQuery, projectsView, projectView } from './schema.js';
import { insertProject, listProjects, type Project } from './store.js';

export function projectRoutes({
  database,
  publicUrl,
}: {
  readonly database: Database;
  readonly publicUrl: string;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/projects',
      operationId: 'listProjects',
      summary: 'List projects',
      auth: caller('read'),
      params: none,
      query: projectsQuery,
      body: noBody,
      response: projectsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const { shown, nextCursor } = cutPage(
          await database.tenant(actor.orgId, (tenant) => listProjects(tenant, page)),
          page.limit,
        );
        return {
          body: { data: shown.map(showProject), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/projects', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/projects',
      operationId: 'createProject',
      summary: 'Create a project',
      auth: caller('runs:write'),
      may: mayWrite,
      params: none,
      query: none,
      body: projectBody,
      response: projectView,
      status: 201,
      refuses: ['forbidden', 'invalid_request', 'name_taken', 'idempotency_mismatch'],
      handle: async ({ actor, body, request }) => {
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, plainCommand(actor, 'createProject', request, body), projectView, async () => {
            const project = await insertProject(tenant, { ...body, createdBy: actor.userId });
            await recordEvent(tenant, {
              actor: commandActor(actor, request),
              action: 'project.created',
              target: project.id,
            });
            return showProject(project);
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
  ];
}

function showProject({ id, name, description, createdBy, createdAt }: Project): z.input<typeof projectView> {
  return { id, name, description, created_by: createdBy, created_at: createdAt.toISOString() };
}
