import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { internal } from '../http/gates.js';
import { findHead, findPublication, pauseLog, resumeLog } from './store.js';

const stateView = z
  .strictObject({
    log: z.string(),
    size: z.int(),
    published_size: z.int(),
    paused_because: z.string().nullable(),
  })
  .meta({ id: 'LogState' });

/** Maintenance of the log: its state, and stopping and resuming of minting by hand. */
export function ledgerInternalRoutes({
  database,
  logId,
}: {
  readonly database: Database;
  readonly logId: string;
}): readonly Route[] {
  const state = async (): Promise<z.input<typeof stateView>> => {
    const head = await findHead(database.knex, logId);
    const { publishedSize } = await findPublication(database.knex, logId);
    return {
      log: logId,
      size: head?.size ?? 0,
      published_size: publishedSize,
      paused_because: head?.pausedReason ?? null,
    };
  };
  const common = { auth: internal('ledger:maintain'), params: none, query: none, response: stateView, status: 200 };
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/internal/ledger',
      operationId: 'getLogState',
      summary: 'State of the log',
      body: noBody,
      refuses: ['wrong_credential', 'scope_missing'],
      handle: async () => ({ body: await state() }),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/internal/ledger/pause',
      operationId: 'pauseMinting',
      summary: 'Stop minting; repeating changes the reason',
      body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
      refuses: ['wrong_credential', 'scope_missing', 'invalid_request'],
      handle: async ({ body }) => {
        await database.system((system) => pauseLog(system, logId, body.reason));
        return { body: await state() };
      },
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/internal/ledger/resume',
      operationId: 'resumeMinting',
      summary: 'Let minting go on',
      body: noBody,
      refuses: ['wrong_credential', 'scope_missing'],
      handle: async () => {
        await database.system((system) => resumeLog(system, logId));
        return { body: await state() };
      },
    }),
  ];
}
