import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readBytes, type ObjectStore } from '../adapters/object-store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Reply, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { checkpointQuery, tileParams, type TileParams } from './schema.js';
import { findPublication, findPublishedCheckpoint, readTileObject } from './store.js';
import { leavesUnder, parseTilePath, tilePath, type TileRef } from './tiles.js';
import { findGraded } from './witness-store.js';

export interface TileRouteDeps {
  readonly database: Database;
  readonly ledgerObjects: ObjectStore;
  readonly logId: string;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';
const SHORT = 'public, max-age=1';

/** C2SP tlog-tiles under the prefix /ledger: what monitors, witnesses and mirrors read. */
export function tileRoutes(deps: TileRouteDeps): readonly Route[] {
  const common = { method: 'get', auth: anyone, body: noBody, response: z.string(), status: 200 } as const;
  return [
    defineRoute({
      ...common,
      path: '/ledger/checkpoint',
      operationId: 'getCheckpoint',
      summary: 'The newest signed checkpoint (C2SP tlog-checkpoint)',
      params: none,
      query: checkpointQuery,
      media: ['text/plain'],
      refuses: ['not_found'],
      handle: async ({ query, request }) => {
        const note = query.grade === 'witnessed' ? await witnessedNote(deps) : await publishedNote(deps);
        if (note === undefined) throw new Refusal('not_found', `The log has no ${query.grade} checkpoint yet.`);
        return conditional(request, Buffer.from(note), 'text/plain; charset=utf-8', SHORT);
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/tile/{level}/{+tile}',
      operationId: 'getTile',
      summary: 'A tile of hashes, or with level "entries" a bundle of entries (C2SP tlog-tiles)',
      params: tileParams,
      query: none,
      media: ['application/octet-stream'],
      refuses: ['not_found'],
      handle: async ({ params, request }) => serveTile(deps, params, request),
    }),
  ];
}

/** The checkpoint in storage is the published one; the database knows it too when storage is away. */
async function publishedNote({ database, ledgerObjects, logId }: TileRouteDeps): Promise<string | undefined> {
  const stored = await fromStorage(ledgerObjects, 'checkpoint');
  return stored?.toString('utf8') ?? (await findPublishedCheckpoint(database.knex, logId))?.note;
}

const witnessedNote = async ({ database, logId }: TileRouteDeps): Promise<string | undefined> =>
  (await findGraded(database.knex, logId, 'witnessed'))?.note;

async function serveTile(deps: TileRouteDeps, params: TileParams, request: RequestInfo): Promise<Reply<string>> {
  const ref = parseTilePath(params.level, params.tile);
  const bytes = ref && (await tileBytes(deps, ref));
  if (!ref || !bytes) throw new Refusal('not_found', 'The published log has no such tile.');
  // Hashes don't shrink; entries do.
  const cache = ref.level === 'entries' ? IMMUTABLE : `${IMMUTABLE}, no-transform`;
  return conditional(request, bytes, 'application/octet-stream', cache);
}

async function tileBytes({ database, ledgerObjects, logId }: TileRouteDeps, ref: TileRef): Promise<Buffer | undefined> {
  const stored = await fromStorage(ledgerObjects, tilePath(ref));
  if (stored) return stored;
  const { publishedSize } = await findPublication(database.knex, logId);
  return leavesUnder(ref) <= publishedSize ? readTileObject(database.knex, logId, ref) : undefined;
}

/** Undefined when the object is not there, and also when storage does not answer: then the database has to. */
async function fromStorage(objects: ObjectStore, key: string): Promise<Buffer | undefined> {
  try {
    return (await readBytes(objects, key))?.bytes;
  } catch {
    return undefined;
  }
}

function conditional(request: RequestInfo, bytes: Buffer, media: string, cache: string): Reply<string> {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = { ETag: etag, 'Cache-Control': cache };
  const known = request.ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) ?? false;
  return known ? { media, content: '', status: 304, headers } : { media, content: bytes, headers };
}
