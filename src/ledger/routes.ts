import { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { nextLink } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { proofRoutes } from './proof-routes.js';
import { entryDetailView, entryQuery, ledgerQuery, ledgerView } from './schema.js';
import { findHead, findLeafByDigest, findPublishedCheckpoint, listLeaves, readLeaves } from './store.js';
import { tileRoutes } from './tile-routes.js';
import { verifyRoutes } from './verify-routes.js';
import { showEntry, showEntryDetail } from './view.js';

export interface LedgerRouteDeps {
  readonly database: Database;
  readonly ledgerObjects: ObjectStore;
  readonly logId: string;
  readonly publicUrl: string;
}

const entryParams = z.strictObject({ index: z.coerce.number().int().min(0) });

/** The public ledger: the list, its entries, its tiles, its proofs and its verification. */
export function ledgerRoutes(deps: LedgerRouteDeps): readonly Route[] {
  const { database, logId, publicUrl } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/ledger',
      operationId: 'getLedger',
      summary: 'The public ledger, newest entries first',
      auth: anyone,
      params: none,
      query: ledgerQuery,
      body: noBody,
      response: ledgerView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ query }) => {
        const { limit, cursor, org, kind, since, until } = query;
        const head = await findHead(database.knex, logId);
        const checkpoint = await findPublishedCheckpoint(database.knex, logId);
        const rows = await listLeaves(
          database.knex,
          logId,
          { orgAlias: org, kind, before: cursor, since, until },
          limit + 1,
        );
        const shown = rows.slice(0, limit);
        const next = rows.length > limit ? (shown.at(-1)?.idx ?? null) : null;
        const body = {
          origin: logId,
          size: head?.size ?? 0,
          root: head?.root.toString('base64') ?? '',
          chain: head?.chain.toString('hex') ?? '',
          checkpoint: checkpoint?.note ?? null,
          data: shown.map(showEntry),
          next_cursor: next,
        };
        const headers = nextLink(publicUrl, '/ledger', query, next === null ? null : String(next));
        return { body, headers };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/ledger/entries/{index}',
      operationId: 'getEntry',
      summary: 'One entry of the log',
      auth: anyone,
      params: entryParams,
      query: none,
      body: noBody,
      response: entryDetailView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ params }) => {
        const [leaf] = await readLeaves(database.knex, logId, params.index, 1);
        if (leaf?.idx !== params.index) throw new Refusal('not_found', 'No such entry.');
        return {
          body: showEntryDetail(leaf),
          headers: { 'Cache-Control': 'public, max-age=31536000, immutable' },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/ledger/entries',
      operationId: 'findEntry',
      summary: 'The entry with a given SHA-256',
      auth: anyone,
      params: none,
      query: entryQuery,
      body: noBody,
      response: entryDetailView,
      status: 200,
      refuses: ['invalid_request', 'not_found'],
      handle: async ({ query }) => {
        const leaf = await findLeafByDigest(database.knex, logId, query.digest);
        if (!leaf) throw new Refusal('not_found', 'No such entry.');
        return {
          body: showEntryDetail(leaf),
          headers: { 'Cache-Control': 'public, max-age=31536000, immutable' },
        };
      },
    }),
    ...tileRoutes(deps),
    ...proofRoutes(deps),
    ...verifyRoutes(deps),
  ];
}
