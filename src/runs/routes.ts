import { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import { findApplied, findCommand } from '../commands/store.js';
import { newId } from '../db/new-id.js';
import { requireActiveSheet } from '../flight-sheets/require.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { findProject } from '../projects/store.js';
import { giveCommand, openRun, orPending, reply, type RunCommandDeps } from './command.js';
import { readRunDetail } from './detail.js';
import { mayRecord } from './policy.js';
import { openRunBody, runDetailView, runParams, runsQuery, runSummaryView, runsView } from './schema.js';
import { listRuns } from './store.js';
import { showRunSummary } from './view.js';

export interface RunRouteDeps extends RunCommandDeps {
  readonly tokens: Tokens;
}

const operationParams = z.strictObject({ operation_id: z.uuid() });
const operationView = z
  .strictObject({
    operation_id: z.string(),
    state: z.enum(['pending', 'done']),
    kind: z.string(),
    subject_id: z.string(),
    status: z.int().nullable(),
  })
  .meta({ id: 'Operation' });

export function runRoutes(deps: RunRouteDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/runs',
      operationId: 'listRuns',
      summary: 'List runs, newest first',
      auth: caller('read'),
      params: none,
      query: runsQuery,
      body: noBody,
      response: runsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const filter = { projectId: query.project_id, state: query.state };
        const { shown, nextCursor } = cutPage(
          await database.tenant(actor.orgId, (tenant) => listRuns(tenant, page, filter)),
          page.limit,
        );
        return {
          body: { data: shown.map(showRunSummary), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/runs', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runs',
      operationId: 'openRun',
      summary: 'Open a run on a flight sheet',
      auth: caller('runs:write'),
      may: mayRecord,
      params: none,
      query: none,
      body: openRunBody,
      response: orPending(runSummaryView),
      status: 201,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'unknown_flight_sheet',
        'inactive_flight_sheet',
        'lane_mismatch',
        'idempotency_mismatch',
        'unavailable',
      ],
      handle: async ({ actor, body, request }) => {
        const { slug, version } = body.flight_sheet;
        const { sheet, project } = await database.tenant(actor.orgId, async (tenant) => ({
          sheet: (await requireActiveSheet(tenant, slug, version)).sheet,
          project: await findProject(tenant, body.project_id),
        }));
        if (body.lane !== undefined && body.lane !== sheet.lane)
          throw new Refusal('lane_mismatch', `The sheet ${sheet.slug} is for the lane ${sheet.lane}.`);
        if (!project) throw new Refusal('not_found', 'No such project.');
        const runId = newId('run');
        const answer = reply(
          await openRun(deps, {
            actor,
            request,
            body,
            payload: { ...body, run_id: runId },
            runId,
            projectId: project.id,
          }),
          runSummaryView,
        );
        const location = 'id' in answer.body ? { Location: `${publicUrl}/runs/${answer.body.id}` } : {};
        return { ...answer, headers: { ...answer.headers, ...location } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/runs/{run_id}',
      operationId: 'getRun',
      summary: 'One run, whole',
      auth: caller('read'),
      params: runParams,
      query: none,
      body: noBody,
      response: runDetailView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const body = await database.tenant(actor.orgId, (tenant) => readRunDetail(tenant, params.run_id, actor, deps));
        return { body, headers: { ETag: `"${String(body.version)}"`, 'Cache-Control': 'private, no-cache' } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/cancel',
      operationId: 'cancelRun',
      summary: 'Give a run up before it is approved',
      auth: caller('runs:write'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: noBody,
      response: orPending(runSummaryView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, params, request }) =>
        reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'cancel', body: null, payload: null }),
          runSummaryView,
        ),
    }),
    defineRoute({
      method: 'get',
      path: '/operations/{operation_id}',
      operationId: 'getOperation',
      summary: 'Whether accepted work is done',
      auth: caller('read'),
      params: operationParams,
      query: none,
      body: noBody,
      response: operationView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => ({ body: await readOperation(deps, actor.orgId, params.operation_id) }),
    }),
  ];
}

async function readOperation(
  { database }: RunRouteDeps,
  orgId: string,
  id: string,
): Promise<z.input<typeof operationView>> {
  return database.tenant(orgId, async (tenant) => {
    const command = await findCommand(tenant, id);
    if (!command) throw new Refusal('not_found', 'No such operation.');
    const applied = await findApplied(tenant, id);
    return {
      operation_id: id,
      state: applied ? 'done' : 'pending',
      kind: command.kind,
      subject_id: command.subjectId,
      status: applied?.status ?? null,
    };
  });
}
