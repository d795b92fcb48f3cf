import type { ObjectStore } from '../adapters/object-store.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { requireRecentSignIn } from '../auth/step-up.js';
import { Refusal } from '../kernel/refusals.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { mayDecide, mayRecord } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { exportView, readExport, wholeExport } from './export.js';
import {
  auditParams,
  auditView,
  checkParams,
  checkView,
  gradeBody,
  waiverBody,
  type Grade,
  type Waive,
} from './schema.js';

export interface CheckRouteDeps extends RunCommandDeps {
  readonly evidenceObjects: ObjectStore;
}

export function checkRoutes(deps: CheckRouteDeps): readonly Route[] {
  return [
    exportRoute(deps),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/audit',
      operationId: 'auditRun',
      summary: 'Run the flight-sheet audit',
      auth: caller('audit:run'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: noBody,
      response: orPending(auditView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'submission_missing', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, params, request }) =>
        reply(
          await giveCommand(deps, {
            actor,
            request,
            runId: params.run_id,
            event: 'audit',
            body: null,
            payload: { audit_id: newId('audit') },
          }),
          auditView,
        ),
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/checks',
      operationId: 'runChecks',
      summary: 'Run the core check engine',
      auth: caller('audit:run'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: noBody,
      response: orPending(auditView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'invalid_transition', 'unavailable'],
      handle: async ({ actor, params, request }) =>
        reply(
          await giveCommand(deps, {
            actor,
            request,
            runId: params.run_id,
            event: 'run_checks',
            body: null,
            payload: { audit_id: newId('audit') },
          }),
          auditView,
        ),
    }),
    defineRoute({
      method: 'patch',
      path: '/runs/{run_id}/checks/{check_id}',
      operationId: 'gradeCheck',
      summary: 'Grade one checklist rule',
      auth: person,
      may: mayRecord,
      params: checkParams,
      query: none,
      body: gradeBody,
      response: orPending(checkView),
      status: 200,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'not_audited',
        'invalid_transition',
        'auto_rule',
        'audit_stale',
        'invalid_grade',
        'unknown_evidence',
        'separation_of_duties',
        'precondition_failed',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const payload: Grade = { ...body, check_id: params.check_id, if_version: readVersion(request.ifMatch) };
        const answer = reply(
          await giveCommand(deps, {
            actor,
            request,
            runId: params.run_id,
            event: 'grade_check',
            body: payload,
            payload,
          }),
          checkView,
        );
        const etag = 'version' in answer.body ? { ETag: `"${String(answer.body.version)}"` } : {};
        return { ...answer, headers: { ...answer.headers, ...etag } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/checks/{check_id}/waiver',
      operationId: 'waiveCheck',
      summary: 'Accept a flag for a time',
      auth: person,
      may: mayDecide,
      params: checkParams,
      query: none,
      body: waiverBody,
      response: orPending(checkView),
      status: 200,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'not_audited',
        'invalid_transition',
        'audit_stale',
        'killer_item',
        'not_waivable',
        'invalid_waiver',
        'separation_of_duties',
        'step_up_required',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        requireRecentSignIn(actor);
        const payload: Waive = { ...body, check_id: params.check_id };
        const given = { actor, request, runId: params.run_id, event: 'waive', body: payload, payload } as const;
        return reply(await giveCommand(deps, given), checkView);
      },
    }),
  ];
}

const exportRoute = ({ database, evidenceObjects }: CheckRouteDeps): Route =>
  defineRoute({
    method: 'get',
    path: '/runs/{run_id}/audits/{audit_id}/export',
    operationId: 'exportAudit',
    summary: 'Everything to replay an audit offline: npm run replay',
    auth: caller('read'),
    params: auditParams,
    query: none,
    body: noBody,
    response: exportView,
    status: 200,
    refuses: ['not_found', 'evidence_integrity'],
    handle: async ({ actor, params }) => {
      const found = await database.tenant(actor.orgId, (tenant) => readExport(tenant, params.run_id, params.audit_id));
      return { body: await wholeExport(evidenceObjects, found), headers: { 'Cache-Control': 'private, no-store' } };
    },
  });

/** If-Match with the check's version, when the caller wants a grade only on what they read. */
function readVersion(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  const version = /^"(\d{1,9})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new Refusal('precondition_failed', 'If-Match is not an ETag of this check.');
  return Number(version);
}
