import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { policyQuery, policyView } from './schema.js';
import { trainingDataPolicy } from './training-data.js';

export function policyRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/policy/training-data',
      operationId: 'getTrainingDataPolicy',
      summary: 'The training-data policy: the one in force, or an earlier version',
      auth: anyone,
      params: none,
      query: policyQuery,
      body: noBody,
      response: policyView,
      status: 200,
      alsoStatus: [304],
      refuses: ['invalid_request', 'not_found'],
      handle: ({ query, request }) => {
        const policy = trainingDataPolicy(query.version);
        if (!policy) throw new Refusal('not_found', 'There was never such a version of the policy.');
        const headers = { ETag: `"${policy.sha256}"`, 'Cache-Control': 'public, max-age=300' };
        if (request.ifNoneMatch === headers.ETag)
          return Promise.resolve({ status: 304, media: 'application/json', content: '', headers });
        return Promise.resolve({ body: policy, headers });
      },
    }),
  ];
}
