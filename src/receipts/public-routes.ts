import { z } from 'zod';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { publishedSchemas } from './kinds/all.js';

const schemaParams = z.strictObject({
  kind: z.string().regex(/^[a-z-]{1,32}$/),
  version: z.string().regex(/^v\d{1,3}$/),
});

/** What anyone may ask without an account: what receipts look like, and whether one holds. */
export function publicReceiptRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/schemas/receipt/{kind}/{version}',
      operationId: 'getPredicateSchema',
      summary: 'JSON Schema of a predicate type',
      auth: anyone,
      params: schemaParams,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: ['not_found'],
      handle: ({ params }) => {
        const schema = publishedSchemas.get(`${params.kind}/${params.version}`);
        if (!schema) throw new Refusal('not_found', 'No such predicate type.');
        return Promise.resolve({ body: { ...schema }, headers: { 'Cache-Control': 'public, max-age=3600' } });
      },
    }),
  ];
}
