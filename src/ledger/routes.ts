import { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import { readBytes } from '../adapters/object-store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { auditLedger } from './audit.js';
import { entryDetailView, type entryView, ledgerQuery, ledgerView, verifyView } from './schema.js';
import { findHead, findPublishedCheckpoint, listLeaves, readLeaves, type Leaf } from './store.js';

export interface LedgerRouteDeps {
  readonly database: Database;
  readonly ledgerObjects: ObjectStore;
  readonly logId: string;
  readonly publicUrl: string;
}

/** What a verification of the log by its own operator leaves open. */
const NOT_CHECKED = [
  'That nobody was shown another history: compare checkpoints with others, or verify the log yourself from its tiles.',
  'That what a receipt says is true.',
];
const entryParams = z.strictObject({ index: z.coerce.number().int().min(0) });

export function ledgerRoutes({ database, ledgerObjects, logId, publicUrl }: LedgerRouteDeps): readonly Route[] {
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
        const { limit, cursor, org, kind } = query;
        const head = await findHead(database.knex, logId);
        const checkpoint = await findPublishedCheckpoint(database.knex, logId);
        const rows = await listLeaves(database.knex, logId, { orgAlias: org, kind, before: cursor }, limit + 1);
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
        const headers: Record<string, string> =
          next === null
            ? {}
            : { Link: `<${publicUrl}/ledger?cursor=${String(next)}&limit=${String(limit)}>; rel="next"` };
        return { body, headers };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/ledger/verify',
      operationId: 'verifyLedger',
      summary: 'Recompute the whole log and compare',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: verifyView,
      status: 200,
      refuses: [],
      handle: async () => {
        const report = await auditLedger(database, ledgerObjects, logId);
        const { ok, size, root, checkpointSize, checkedLeaves, checkedTiles, checkedSignatures, faults, milliseconds } =
          report;
        return {
          body: {
            ok,
            origin: logId,
            size,
            root,
            checkpoint_size: checkpointSize,
            checked: { leaves: checkedLeaves, tiles: checkedTiles, signatures: checkedSignatures },
            errors: faults.map((fault) => ({ ...fault })),
            mode: 'full' as const,
            duration_ms: milliseconds,
            not_checked: NOT_CHECKED,
            as_of: new Date().toISOString(),
          },
          headers: { 'Cache-Control': 'no-store' },
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/ledger/checkpoint',
      operationId: 'getCheckpoint',
      summary: 'The newest signed checkpoint (C2SP tlog-checkpoint)',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['text/plain'],
      refuses: ['not_found'],
      handle: async () => {
        const stored = await readBytes(ledgerObjects, 'checkpoint');
        if (!stored) throw new Refusal('not_found', 'The log has no checkpoint yet.');
        return {
          media: 'text/plain; charset=utf-8',
          content: stored.bytes,
          headers: { 'Cache-Control': 'public, max-age=1' },
        };
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
          body: { ...showEntry(leaf), entry: leaf.entry.toString('base64') },
          headers: { 'Cache-Control': 'public, max-age=31536000, immutable' },
        };
      },
    }),
  ];
}

function showEntry({ idx, receiptId, kind, orgAlias, leafHash, chain, integratedAt }: Leaf): z.input<typeof entryView> {
  return {
    index: idx,
    receipt_id: receiptId,
    kind,
    org: orgAlias,
    leaf_hash: leafHash.toString('hex'),
    chain: chain.toString('hex'),
    integrated_at: integratedAt.toISOString(),
  };
}
