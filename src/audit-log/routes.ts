import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { cutPage, nextLink, readPage, type Place } from '../http/paging.js';
import { mayReadLog } from './policy.js';
import { eventsQuery, eventsView, exportQuery } from './schema.js';
import { listEvents, type EventFilter } from './store.js';
import { exportHead, exportLine, showEvent } from './view.js';

const EXPORT_PAGE = 500;
const MEDIA = { csv: 'text/csv; charset=utf-8', jsonl: 'application/x-ndjson' } as const;

export function auditLogRoutes({
  database,
  publicUrl,
}: {
  readonly database: Database;
  readonly publicUrl: string;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/org/audit-log',
      operationId: 'listAuditEvents',
      summary: 'Who did what, newest first',
      auth: caller('read'),
      may: mayReadLog,
      params: none,
      query: eventsQuery,
      body: noBody,
      response: eventsView,
      status: 200,
      refuses: ['forbidden', 'invalid_request'],
      handle: async ({ actor, query }) => {
        const page = readPage(query);
        const rows = await database.tenant(actor.orgId, (tenant) => listEvents(tenant, page, filterOf(query)));
        const { shown, nextCursor } = cutPage(
          rows.map((row) => ({ ...row, createdAt: row.at })),
          page.limit,
        );
        return {
          body: { data: shown.map(showEvent), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/org/audit-log', query, nextCursor),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/org/audit-log/export',
      operationId: 'exportAuditEvents',
      summary: 'The whole audit log as CSV or JSON Lines',
      auth: caller('read'),
      may: mayReadLog,
      params: none,
      query: exportQuery,
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['text/csv', 'application/x-ndjson'],
      refuses: ['forbidden', 'invalid_request'],
      handle: ({ actor, query }) => {
        const { format } = query;
        const content = Readable.from(exported(database, actor.orgId, filterOf(query), format));
        const headers = { 'Content-Disposition': `attachment; filename="audit-log.${format}"` };
        return Promise.resolve({ media: MEDIA[format], content, headers });
      },
    }),
  ];
}

const filterOf = (query: Omit<z.output<typeof exportQuery>, 'format'>): EventFilter => ({
  actor: query.actor,
  action: query.action,
  target: query.target,
  from: query.from === undefined ? undefined : new Date(query.from),
  to: query.to === undefined ? undefined : new Date(query.to),
});

/** Page by page, so that a long log is never held whole; each page is a transaction of its own. */
async function* exported(
  database: Database,
  orgId: string,
  filter: EventFilter,
  format: 'csv' | 'jsonl',
): AsyncGenerator<string> {
  yield exportHead[format];
  let after: Place | undefined;
  do {
    const page = { limit: EXPORT_PAGE, after };
    const rows = await database.tenant(orgId, (tenant) => listEvents(tenant, page, filter));
    const shown = rows.slice(0, EXPORT_PAGE);
    yield shown.map((event) => exportLine(event, format)).join('');
    const last = rows.length > EXPORT_PAGE ? shown.at(-1) : undefined;
    after = last && { at: last.at, id: last.id };
  } while (after);
}
