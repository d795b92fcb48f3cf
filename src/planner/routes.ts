import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { assess } from './assess.js';
import { optionsView, plannerOptions } from './catalog.js';
import { assessmentBody, assessmentView } from './schema.js';

/** Fit, speed and cost of a model on hardware, for anyone: nothing is stored, so a repeat is the same answer. */
export function plannerRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/stack-planner/options',
      operationId: 'getStackPlannerOptions',
      summary: 'Compute and model planning choices',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: optionsView,
      status: 200,
      refuses: [],
      handle: () => {
        const body = plannerOptions();
        return Promise.resolve({
          body,
          headers: { ETag: `"${body.table_sha256}"`, 'Cache-Control': 'public, max-age=300' },
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/stack-assessment',
      operationId: 'assessStack',
      summary: 'The compute and model fit report',
      auth: anyone,
      params: none,
      query: none,
      body: assessmentBody,
      response: assessmentView,
      status: 200,
      refuses: ['invalid_request', 'unknown_model', 'unknown_gpu', 'unknown_quantization', 'invalid_architecture'],
      handle: ({ body }) => Promise.resolve({ body: assess(body) }),
    }),
  ];
}
