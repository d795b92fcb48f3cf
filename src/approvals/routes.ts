import { requireRecentSignIn } from '../auth/step-up.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { nextLink, readPage } from '../http/paging.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { mayDecide } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { readQueue } from './queue.js';
import { decidedView, decisionBody, queueQuery, queueView, withdrawParams, type Decide } from './schema.js';

export function approvalRoutes(deps: RunCommandDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/approve',
      operationId: 'decide',
      summary: 'Approve, reject or escalate',
      auth: person,
      may: mayDecide,
      params: runParams,
      query: none,
      body: decisionBody,
      response: orPending(decidedView),
      status: 200,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'not_audited',
        'invalid_transition',
        'separation_of_duties',
        'grounded',
        'verdict_changed',
        'already_decided',
        'note_required',
        'unknown_person',
        'step_up_required',
        'challenge_gone',
        'approver_signature',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        requireRecentSignIn(actor);
        const payload: Decide = { ...body, approval_id: newId('approval') };
        return reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'decide', body, payload }),
          decidedView,
        );
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/approvals/{approval_id}/withdraw',
      operationId: 'withdrawApproval',
      summary: 'Take back your decision before the receipt is minted',
      auth: person,
      may: mayDecide,
      params: withdrawParams,
      query: none,
      body: noBody,
      response: orPending(decidedView),
      status: 200,
      alsoStatus: [202],
      refuses: ['forbidden', 'not_found', 'not_audited', 'invalid_transition', 'separation_of_duties', 'unavailable'],
      handle: async ({ actor, params, request }) => {
        const payload = { approval_id: params.approval_id };
        const given = { actor, request, runId: params.run_id, event: 'withdraw', body: payload, payload } as const;
        return reply(await giveCommand(deps, given), decidedView);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/approvals',
      operationId: 'listApprovals',
      summary: 'What waits for an approval',
      auth: caller('read'),
      params: none,
      query: queueQuery,
      body: noBody,
      response: queueView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const body = await deps.database.tenant(actor.orgId, (tenant) => readQueue(tenant, actor, page));
        return { body, headers: nextLink(deps.publicUrl, '/approvals', query, body.next_cursor) };
      },
    }),
  ];
}
