import { once } from '../commands/store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller, person } from '../http/gates.js';
import { plainCommand, replayHeaders } from '../http/idempotency.js';
import { nextLink } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { mayPublish } from '../orgs/policy.js';
import { sheetDigest } from './digest.js';
import { lintSheet } from './lint.js';
import { move, publish, requireSound } from './publish.js';
import { parseStrictYaml } from './read.js';
import {
  flightSheetSchema,
  flightSheetsQuery,
  flightSheetsView,
  flightSheetSummary,
  lintView,
  sheetBody,
  sheetParams,
  sheetQuery,
  stateBody,
  versionParams,
  versionsView,
} from './schema.js';
import { findVersion, listNewest, listVersions } from './store.js';
import { showSummary } from './view.js';

interface Deps {
  readonly database: Database;
  readonly publicUrl: string;
}

export function flightSheetRoutes(deps: Deps): readonly Route[] {
  return [...readingRoutes(deps), ...publishingRoutes(deps)];
}

function readingRoutes({ database, publicUrl }: Deps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/flight-sheets',
      operationId: 'listFlightSheets',
      summary: 'The flight sheets a run can use, newest version of each, by slug',
      auth: caller('read'),
      params: none,
      query: flightSheetsQuery,
      body: noBody,
      response: flightSheetsView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const { limit, cursor: after } = query;
        const found = await database.tenant(actor.orgId, (tenant) => listNewest(tenant, { limit, after }));
        const data = found.slice(0, limit).map(showSummary);
        const next_cursor = found.length > limit ? (data.at(-1)?.slug ?? null) : null;
        return { body: { data, next_cursor }, headers: nextLink(publicUrl, '/flight-sheets', query, next_cursor) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/flight-sheets/{slug}',
      operationId: 'getFlightSheet',
      summary: 'One flight sheet; the newest active version unless one is named',
      auth: caller('read'),
      params: sheetParams,
      query: sheetQuery,
      body: noBody,
      response: flightSheetSchema,
      status: 200,
      refuses: ['invalid_request', 'not_found'],
      handle: async ({ actor, params, query }) => {
        const found = await database.tenant(actor.orgId, (tenant) => findVersion(tenant, params.slug, query.version));
        if (!found) throw new Refusal('not_found', 'No such flight sheet.');
        return { body: found.sheet, headers: { ETag: `"${found.digest}"` } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/flight-sheets/{slug}/versions',
      operationId: 'listFlightSheetVersions',
      summary: 'Every version of a flight sheet, newest first',
      auth: caller('read'),
      params: sheetParams,
      query: none,
      body: noBody,
      response: versionsView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ actor, params }) => {
        const found = await database.tenant(actor.orgId, (tenant) => listVersions(tenant, params.slug));
        if (found.length === 0) throw new Refusal('not_found', 'No such flight sheet.');
        return { body: { data: found.map(showSummary) } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/flight-sheets/lint',
      operationId: 'lintFlightSheet',
      summary: 'Every fault of a flight sheet at once; nothing is kept',
      auth: caller('read'),
      params: none,
      query: none,
      body: sheetBody,
      yaml: parseStrictYaml,
      response: lintView,
      status: 200,
      refuses: ['invalid_request', 'malformed_json'],
      handle: ({ body }) => {
        const { sheet, faults } = lintSheet(body);
        return Promise.resolve({
          body: { ok: sheet !== undefined, digest: sheet ? sheetDigest(sheet) : null, faults: [...faults] },
        });
      },
    }),
  ];
}

function publishingRoutes({ database }: Deps): readonly Route[] {
  const common = {
    auth: person,
    may: mayPublish,
    query: none,
    response: flightSheetSummary,
  } as const;
  const refuses = [
    'forbidden',
    'invalid_request',
    'malformed_json',
    'invalid_flight_sheet',
    'name_taken',
    'sheet_version_exists',
    'idempotency_mismatch',
  ] as const;
  return [
    defineRoute({
      ...common,
      method: 'post',
      path: '/flight-sheets',
      operationId: 'publishFlightSheet',
      summary: 'Publish a flight sheet of your own, in JSON or YAML',
      params: none,
      body: sheetBody,
      yaml: parseStrictYaml,
      status: 201,
      refuses,
      handle: async ({ actor, body, request }) => {
        const sheet = requireSound(body);
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, plainCommand(actor, 'publishFlightSheet', request, body), flightSheetSummary, async () =>
            showSummary((await publish(tenant, sheet, { actor, request })).version),
          ),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/flight-sheets/{slug}/versions',
      operationId: 'publishFlightSheetVersion',
      summary: 'Publish a new version of a flight sheet; any change is a new version',
      params: sheetParams,
      body: sheetBody,
      yaml: parseStrictYaml,
      status: 201,
      refuses: [...refuses, 'not_found'],
      handle: async ({ actor, params, body, request }) => {
        const sheet = requireSound(body, params.slug);
        const operation = `publishFlightSheetVersion ${params.slug}`;
        const { result, replayed } = await database.tenant(actor.orgId, (tenant) =>
          once(tenant, plainCommand(actor, operation, request, body), flightSheetSummary, async () => {
            if ((await listVersions(tenant, params.slug)).length === 0)
              throw new Refusal('not_found', 'No such flight sheet.');
            return showSummary((await publish(tenant, sheet, { actor, request })).version);
          }),
        );
        return { body: result, headers: replayHeaders(replayed) };
      },
    }),
    defineRoute({
      ...common,
      method: 'patch',
      path: '/flight-sheets/{slug}/versions/{version}',
      operationId: 'moveFlightSheetVersion',
      summary: 'Activate, deprecate or retire a version',
      params: versionParams,
      body: stateBody,
      status: 200,
      refuses: ['forbidden', 'invalid_request', 'not_found', 'sheet_state'],
      handle: async ({ actor, params, body, request }) => ({
        body: showSummary(
          await database.tenant(actor.orgId, (tenant) => move(tenant, params, body.state, { actor, request })),
        ),
      }),
    }),
  ];
}
