import { newId } from '../db/new-id.js';
import { defineRoute, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { mayRecord } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { submissionBody, submittedView, type Submit } from './schema.js';

export function submissionRoutes(deps: RunCommandDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/submission',
      operationId: 'submit',
      summary: "Attach the agent's submission",
      auth: caller('runs:write'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: submissionBody,
      response: orPending(submittedView),
      status: 201,
      alsoStatus: [202],
      refuses: [
        'forbidden',
        'malformed_json',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'unknown_evidence',
        'schema_violation',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const payload: Submit = { ...body, submission_id: newId('submission') };
        return reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'submit', body, payload }),
          submittedView,
        );
      },
    }),
  ];
}
