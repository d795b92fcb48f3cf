import { OpenAPIRegistry, OpenApiGeneratorV31, type ResponseConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { refusals } from '../kernel/refusals.js';
import type { Route } from './define-route.js';
import { webhookEvents } from '../webhooks/rules.js';
import { webhookPayload } from '../webhooks/schema.js';
import { problemSchema } from './problem.js';

/** Writes the OpenAPI 3.1 document of a list of routes. Same routes, same bytes. */
export function openapi(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  for (const route of routes) {
    registry.registerPath({
      method: route.method,
      path: route.path.replaceAll('{+', '{'),
      operationId: route.operationId,
      summary: route.summary,
      security: route.auth.name === 'public' ? [] : [{ bearer: [] }],
      request: requestOf(route),
      responses: responsesOf(route),
    });
  }
  for (const type of webhookEvents)
    registry.registerWebhook({
      method: 'post',
      path: type,
      operationId: `told.${type}`,
      summary: `Sent to endpoints that ask for ${type}, by the Standard Webhooks specification`,
      request: { body: { required: true, content: { 'application/json': { schema: webhookPayload } } } },
      responses: { '2XX': { description: 'Taken; anything else is tried again for two days' } },
    });
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'DefendableCloud',
      version: '0.1.0',
      description: 'Proof of what AI agents did: runs, audits, approvals and signed receipts in a public ledger.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
  });
  return { ...document };
}

function requestOf(route: Route): object {
  const { params, query } = route.schemas;
  const body = route.raw ? z.looseObject({}) : (route.upload ?? route.schemas.body);
  const hasBody = !(body instanceof z.ZodOptional);
  return {
    ...(params instanceof z.ZodObject && Object.keys(params.shape).length > 0 ? { params } : {}),
    ...(query instanceof z.ZodObject && Object.keys(query.shape).length > 0 ? { query } : {}),
    ...(hasBody
      ? {
          body: {
            required: true,
            content: {
              [route.upload ? 'multipart/form-data' : 'application/json']: { schema: body },
              ...(route.form ? { 'application/x-www-form-urlencoded': { schema: body } } : {}),
              ...(route.yaml ? { 'application/yaml': { schema: body } } : {}),
            },
          },
        }
      : {}),
  };
}

function responsesOf(route: Route): Record<string, ResponseConfig> {
  const isJson = !(route.schemas.response instanceof z.ZodString);
  const content: ResponseConfig['content'] = {};
  if (isJson) content['application/json'] = { schema: route.schemas.response };
  for (const type of route.media) content[type] = { schema: z.string() };
  const responses: Record<string, ResponseConfig> = {};
  for (const status of [route.status, ...route.alsoStatus])
    responses[String(status)] = { description: describe(status), ...(status === 204 ? {} : { content }) };
  const common =
    route.auth.name === 'public'
      ? (['rate_limited'] as const)
      : (['unauthenticated', 'invalid_token', 'rate_limited'] as const);
  for (const code of [...route.refuses, ...common].sort()) {
    const status = String(refusals[code].status);
    const earlier = responses[status]?.description;
    const description = earlier === undefined ? code : `${earlier}, ${code}`;
    if (status in responses && Number(status) < 400) continue;
    responses[status] = { description, content: { 'application/problem+json': { schema: problemSchema } } };
  }
  return responses;
}

function describe(status: number): string {
  const texts: Readonly<Record<number, string>> = {
    200: 'Done',
    201: 'Created',
    202: 'Accepted; ask the address in Location',
    204: 'Nothing now; ask again after Retry-After seconds',
    503: 'Not serving',
  };
  return texts[status] ?? 'Answer';
}
