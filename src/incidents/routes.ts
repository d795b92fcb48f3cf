import type { OrgActor } from '../auth/actor.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { once } from '../commands/store.js';
import { commandActor } from '../commands/actor.js';
import { recordEvent } from '../audit-log/store.js';
import type { Tenant } from '../db/database.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { Refusal, type RefusalCode } from '../kernel/refusals.js';
import { orPending, reply, type Answer } from '../runs/command.js';
import { giveIncident, openIncident, type IncidentCommandDeps } from './command.js';
import { mayHandle } from './policy.js';
import {
  changeBody,
  changeById,
  commentBody,
  eventView,
  incidentDetailView,
  incidentParams,
  incidentReceiptView,
  incidentsQuery,
  incidentsView,
  incidentView,
  metricsQuery,
  metricsView,
  openBody,
  receiptBody,
  type ChangePayload,
} from './schema.js';
import { appendEvent, findIncident, listIncidents, measureIncidents, type Incident } from './store.js';
import { etagOf, showEvent, showIncident, showIncidentDetail } from './view.js';
import { showMetrics } from './metrics.js';

export function incidentRoutes(deps: IncidentCommandDeps): readonly Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps)];
}

async function requireIncident(tenant: Tenant, id: string): Promise<Incident> {
  const incident = await findIncident(tenant, id);
  if (!incident) throw new Refusal('not_found', 'No such incident.');
  return incident;
}

const DAY_MS = 86_400_000;
const METRIC_DAYS = 90;

function readingRoutes({ database, publicUrl }: IncidentCommandDeps): readonly Route[] {
  const common = { auth: caller('read'), body: noBody, status: 200 } as const;
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/incidents',
      operationId: 'listIncidents',
      summary: 'Incidents, newest first',
      params: none,
      query: incidentsQuery,
      response: incidentsView,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const { state, severity, kind, agent_profile_id: agentProfileId, run_id: runId } = query;
        const { shown, nextCursor } = cutPage(
          await database.tenant(actor.orgId, (tenant) =>
            listIncidents(tenant, page, { state, severity, kind, agentProfileId, runId }),
          ),
          page.limit,
        );
        return {
          body: { data: shown.map(showIncident), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/incidents', query, nextCursor),
        };
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/incidents/metrics',
      operationId: 'measureIncidents',
      summary: 'Time to acknowledge, mitigate and resolve, by severity; the last 90 days unless told',
      params: none,
      query: metricsQuery,
      response: metricsView,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const to = query.to === undefined ? new Date() : new Date(query.to);
        const from = query.from === undefined ? new Date(to.getTime() - METRIC_DAYS * DAY_MS) : new Date(query.from);
        return {
          body: showMetrics(await database.tenant(actor.orgId, (tenant) => measureIncidents(tenant, from, to))),
        };
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      path: '/incidents/{incident_id}',
      operationId: 'getIncident',
      summary: 'One incident, with its timeline, links and receipts',
      params: incidentParams,
      query: none,
      response: incidentDetailView,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const body = await database.tenant(actor.orgId, async (tenant) =>
          showIncidentDetail(tenant, await requireIncident(tenant, params.incident_id)),
        );
        return { body, headers: { ETag: etagOf(body), 'Cache-Control': 'private, no-cache' } };
      },
    }),
  ];
}

const changeRefusals: readonly RefusalCode[] = [
  'forbidden',
  'human_required',
  'invalid_request',
  'not_found',
  'invalid_transition',
  'note_required',
  'root_cause_required',
  'second_person',
  'times_not_monotonic',
  'unknown_person',
  'precondition_required',
  'precondition_failed',
  'idempotency_mismatch',
  'unavailable',
];

function writingRoutes(deps: IncidentCommandDeps): readonly Route[] {
  const { database, publicUrl } = deps;
  const change = async (
    actor: OrgActor,
    request: RequestInfo,
    incidentId: string,
    body: Omit<ChangePayload, 'if_match'>,
  ): Promise<Answer> => {
    if (request.ifMatch === undefined) {
      await database.tenant(actor.orgId, (tenant) => requireIncident(tenant, incidentId));
      throw new Refusal('precondition_required', 'A change of an incident needs the ETag of what you read.');
    }
    const payload = { ...body, if_match: request.ifMatch };
    return giveIncident(deps, { actor, request, incidentId, name: 'changeIncident', body: payload, payload });
  };
  const common = { auth: caller('incidents:write'), query: none } as const;
  const changing = {
    ...common,
    may: mayHandle,
    method: 'patch',
    response: orPending(incidentView),
    status: 200,
    alsoStatus: [202],
    refuses: changeRefusals,
  } as const;
  const withEtag = (answer: ReturnType<typeof reply<typeof incidentView>>) => ({
    ...answer,
    headers: { ...answer.headers, ...('version' in answer.body ? { ETag: etagOf(answer.body) } : {}) },
  });
  return [
    defineRoute({
      ...common,
      method: 'post',
      path: '/incidents',
      operationId: 'openIncident',
      summary: 'Open an incident; with the key of an open one, tell of it again',
      may: mayHandle,
      params: none,
      body: openBody,
      response: orPending(incidentView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'times_not_monotonic',
        'unknown_person',
        'idempotency_mismatch',
        'unavailable',
      ],
      handle: async ({ actor, body, request }) => {
        const answer = withEtag(reply(await openIncident(deps, { actor, request, body, payload: body }), incidentView));
        const location = 'id' in answer.body ? { Location: `${publicUrl}/incidents/${answer.body.id}` } : {};
        return { ...answer, headers: { ...answer.headers, ...location } };
      },
    }),
    defineRoute({
      ...changing,
      path: '/incidents',
      operationId: 'changeIncidentById',
      summary: 'Change the incident that the body names',
      params: none,
      body: changeById,
      handle: async ({ actor, body: { incident_id: id, ...body }, request }) =>
        withEtag(reply(await change(actor, request, id, body), incidentView)),
    }),
    defineRoute({
      ...changing,
      path: '/incidents/{incident_id}',
      operationId: 'changeIncident',
      summary: 'Change an incident: its state, severity, assignee, times, links and what is known of it',
      params: incidentParams,
      body: changeBody,
      handle: async ({ actor, params, body, request }) =>
        withEtag(reply(await change(actor, request, params.incident_id, body), incidentView)),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/incidents/{incident_id}/comments',
      operationId: 'commentIncident',
      summary: 'Comment on an incident; a viewer may',
      params: incidentParams,
      body: commentBody,
      response: eventView,
      status: 201,
      refuses: ['invalid_request', 'not_found', 'idempotency_mismatch'],
      handle: async ({ actor, params, body, request }) => {
        const operation = `commentIncident ${params.incident_id}`;
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, plainCommand(actor, operation, request, body), eventView, async () => {
            const { id } = await requireIncident(tenant, params.incident_id);
            const { kind, id: by } = commandActor(actor, request);
            const event = { at: new Date(), kind: 'commented', actor: { kind, id: by }, body: { ...body } };
            await appendEvent(tenant, id, event);
            await recordEvent(tenant, {
              actor: commandActor(actor, request),
              action: 'incident.commented',
              target: id,
            });
            return showEvent(event);
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/incidents/{incident_id}/receipt',
      operationId: 'mintIncidentReceipt',
      summary: 'The receipt of an incident: interim at any time, one final after it is closed',
      may: mayHandle,
      params: incidentParams,
      body: receiptBody,
      response: orPending(incidentReceiptView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'ledger_paused',
        'idempotency_mismatch',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const payload = { stage: body?.stage ?? null };
        const incidentId = params.incident_id;
        const given = { actor, request, incidentId, name: 'mintIncident', body: payload, payload } as const;
        return reply(await giveIncident(deps, given), incidentReceiptView);
      },
    }),
  ];
}
