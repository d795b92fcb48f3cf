import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { listLogChunks } from '../cook-logs/store.js';
import type { Database, Tenant } from '../db/database.js';
import type { Growth } from '../db/listen.js';
import { defineRoute, noBody, none, type Reply, type RequestInfo, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { isOver } from './rules.js';
import { cookParams } from './schema.js';
import { findCook, listCookEvents } from './store.js';
import { showEvent } from './view.js';

export interface StreamDeps {
  readonly database: Database;
  /** Wakes at every event of any cook. */
  readonly cookNews: Growth;
}
/** One server-sent event; its id is where a reader goes on. */
interface Sent {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}
type Read = (tenant: Tenant, cookId: string, after: number) => Promise<readonly Sent[]>;

const inflate = promisify(gunzip);
const PAGE = 200;
/** Comments keep proxies from closing a quiet stream. */
const QUIET_MS = 15_000;
const POLL_MS = 1000;

export function cookStreamRoutes(deps: StreamDeps): readonly Route[] {
  const stream = (path: string, operationId: string, summary: string, read: Read): Route =>
    defineRoute({
      method: 'get',
      path,
      operationId,
      summary,
      auth: caller('read'),
      params: cookParams,
      query: none,
      body: noBody,
      response: z.string(),
      media: ['text/event-stream'],
      status: 200,
      refuses: ['not_found', 'invalid_request'],
      handle: async ({ actor, params, request }) => {
        const found = await deps.database.tenant(actor.orgId, (tenant) => findCook(tenant, params.cook_id));
        if (!found) throw new Refusal('not_found', 'No such cook.');
        const place = { orgId: actor.orgId, cookId: params.cook_id, after: lastEventId(request) };
        return streamOf(follow(deps, read, place));
      },
    });
  return [
    stream(
      '/cooks/{cook_id}/events',
      'followCook',
      'The events of a cook as they happen (server-sent events)',
      readEvents,
    ),
    stream(
      '/cooks/{cook_id}/logs',
      'followCookLogs',
      'The log of a cook as it is written (server-sent events)',
      readLogs,
    ),
  ];
}

const streamOf = (source: AsyncGenerator<string>): Reply<string> => ({
  media: 'text/event-stream',
  content: Readable.from(source),
  // no-transform keeps a compressor from holding events back.
  headers: { 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' },
});

/** Last-Event-ID of the HTML standard: the reader has everything up to and including it. */
function lastEventId({ stream }: RequestInfo): number {
  const given = stream.headers['last-event-id'];
  if (given === undefined) return 0;
  const id = Number(given);
  if (!Number.isSafeInteger(id) || id < 0) throw new Refusal('invalid_request', 'Last-Event-ID was not issued here.');
  return id;
}

/** Sends what is there, then what comes, and ends after the last word of a cook that is over. */
async function* follow(
  { database, cookNews }: StreamDeps,
  read: Read,
  { orgId, cookId, after }: { readonly orgId: string; readonly cookId: string; readonly after: number },
): AsyncGenerator<string> {
  let last = after;
  let quietSince = Date.now();
  yield 'retry: 2000\n\n';
  for (;;) {
    const woken = cookNews.next(POLL_MS);
    const { sent, over } = await database.tenant(orgId, async (tenant) => {
      const cook = await findCook(tenant, cookId);
      return {
        over: !cook || isOver(cook.state) ? (cook?.state ?? 'gone') : undefined,
        sent: await read(tenant, cookId, last),
      };
    });
    for (const { id, event, data } of sent) {
      last = id;
      yield `id: ${String(id)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    }
    if (over !== undefined && sent.length === 0) {
      yield `event: end\ndata: ${JSON.stringify({ state: over })}\n\n`;
      return;
    }
    if (sent.length > 0) {
      quietSince = Date.now();
      continue;
    }
    if (Date.now() - quietSince > QUIET_MS) {
      quietSince = Date.now();
      yield ': quiet\n\n';
    }
    await woken;
  }
}

const readEvents: Read = async (tenant, cookId, after) =>
  (await listCookEvents(tenant, cookId, after, PAGE)).map((event) => ({
    id: event.id,
    event: event.kind,
    data: showEvent(event),
  }));

const readLogs: Read = async (tenant, cookId, after) => {
  const pieces = await listLogChunks(tenant, cookId, after, 20);
  return Promise.all(
    pieces.map(async ({ id, attempt, startByte, gzip }) => ({
      id,
      event: 'log',
      data: { attempt, offset: startByte, text: (await inflate(gzip)).toString('utf8') },
    })),
  );
};
