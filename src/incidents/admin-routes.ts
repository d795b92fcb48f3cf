import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { platformAdmin } from '../http/gates.js';
import { cutPage, nextLink, readPage } from '../http/paging.js';
import { PLATFORM_ORG } from '../orgs/platform.js';
import { incidentsQuery, incidentsView } from './schema.js';
import { listIncidents } from './store.js';
import { showIncident } from './view.js';

/** What is wrong with the platform itself, as its own audits found it. */
export function platformIncidentRoutes({
  database,
  publicUrl,
}: {
  readonly database: Database;
  readonly publicUrl: string;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/admin/incidents',
      operationId: 'listPlatformIncidents',
      summary: 'Incidents of the platform itself, such as a ledger that does not hold together',
      auth: platformAdmin,
      params: none,
      query: incidentsQuery.omit({ agent_profile_id: true, run_id: true }),
      body: noBody,
      response: incidentsView,
      status: 200,
      refuses: ['forbidden', 'wrong_credential', 'invalid_request'],
      handle: async ({ query }) => {
        const page = readPage(query);
        const { state, severity, kind } = query;
        const found = await database.tenant(PLATFORM_ORG, (tenant) =>
          listIncidents(tenant, page, { state, severity, kind }),
        );
        const { shown, nextCursor } = cutPage(found, page.limit);
        return {
          body: { data: shown.map(showIncident), next_cursor: nextCursor },
          headers: nextLink(publicUrl, '/admin/incidents', query, nextCursor),
        };
      },
    }),
  ];
}
