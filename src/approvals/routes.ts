import { newId } from '../db/new-id.js';
import { defineRoute, none, type Route } from '../http/define-route.js';
import { person } from '../http/gates.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { mayDecide } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { decidedView, decisionBody, type Decide } from './schema.js';

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
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const payload: Decide = { ...body, approval_id: newId('approval') };
        return reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'decide', body, payload }),
          decidedView,
        );
      },
    }),
  ];
}
