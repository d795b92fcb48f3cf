import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import type { CallMeter } from './call-meter.js';
import { usageQuery, usageView } from './schema.js';
import { readUsage } from './store.js';

export function usageRoutes({
  database,
  callMeter,
}: {
  readonly database: Database;
  readonly callMeter: CallMeter;
}): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/org/usage',
      operationId: 'getUsage',
      summary: 'What was used, by month and kind',
      auth: caller('read'),
      params: none,
      query: usageQuery,
      body: noBody,
      response: usageView,
      status: 200,
      refuses: ['invalid_request'],
      handle: async ({ actor, query }) => {
        const to = query.to ?? new Date().toISOString().slice(0, 7);
        const from = query.from ?? to;
        if (from > to) throw new Refusal('invalid_request', `from (${from}) is after to (${to}).`);
        await callMeter.flush();
        const months = await database.tenant(actor.orgId, (tenant) => readUsage(tenant, from, to));
        return { body: { from, to, months: months.map(({ month, counts }) => ({ month, ...counts })) } };
      },
    }),
  ];
}
