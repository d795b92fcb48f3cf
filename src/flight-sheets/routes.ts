import { z } from 'zod';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { findSheet, listSheets, sheetDigest } from './library.js';
import { flightSheetSchema, flightSheetsQuery, flightSheetsView } from './schema.js';

export function flightSheetRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/flight-sheets',
      operationId: 'listFlightSheets',
      summary: 'The flight sheets a run can use',
      auth: caller('read'),
      params: none,
      query: flightSheetsQuery,
      body: noBody,
      response: flightSheetsView,
      status: 200,
      refuses: [],
      handle: ({ query }) => {
        const data = listSheets()
          .slice(0, query.limit)
          .map((sheet) => {
            const { slug, version, name, lane, summary } = sheet;
            return { slug, version, digest: sheetDigest(sheet), name, lane, summary };
          });
        return Promise.resolve({ body: { data, next_cursor: null } });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/flight-sheets/{slug}',
      operationId: 'getFlightSheet',
      summary: 'One flight sheet',
      auth: caller('read'),
      params: z.strictObject({ slug: z.string() }),
      query: none,
      body: noBody,
      response: flightSheetSchema,
      status: 200,
      refuses: ['not_found'],
      handle: ({ params }) => {
        const sheet = findSheet(params.slug);
        if (!sheet) throw new Refusal('not_found', 'No such flight sheet.');
        return Promise.resolve({ body: sheet, headers: { ETag: `"${sheetDigest(sheet)}"` } });
      },
    }),
  ];
}
