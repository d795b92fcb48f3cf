import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { listFrozenLogs } from '../ledger/freeze-store.js';
import { sigstoreBundle } from './bundle.js';
import { PLATFORM_ORG } from '../orgs/platform.js';
import { keyEventKind } from './kinds/key-event.js';
import { proveReceipt } from './logged.js';
import { listReceiptsOfKind } from './store.js';

const keyEventsView = z
  .strictObject({
    data: z.array(
      z.strictObject({
        receipt_id: z.string(),
        key_id: z.string(),
        event: z.string(),
        issued_at: z.iso.datetime(),
        bundle: z
          .record(z.string(), z.unknown())
          .nullable()
          .meta({ description: 'Null until the entry stands under a published checkpoint.' }),
      }),
    ),
  })
  .meta({ id: 'KeyEvents' });
const logsView = z
  .strictObject({
    current: z.string(),
    data: z.array(
      z.strictObject({
        origin: z.string(),
        size: z.int(),
        root: z.string(),
        frozen_at: z.iso.datetime(),
        checkpoint: z.string(),
      }),
    ),
  })
  .meta({ id: 'LedgerLogs' });

/** What happened to the keys and to the logs before this one, for anyone. */
export function keyEventRoutes({
  database,
  logId,
}: {
  readonly database: Database;
  readonly logId: string;
}): readonly Route[] {
  const common = { method: 'get', auth: anyone, params: none, query: none, body: noBody, status: 200 } as const;
  const headers = { 'Cache-Control': 'public, max-age=60' };
  return [
    defineRoute({
      ...common,
      path: '/ledger/key-events',
      operationId: 'listKeyEvents',
      summary: 'The newest 200 events in the lives of the keys, each a signed entry of the log',
      response: keyEventsView,
      refuses: [],
      handle: async () => {
        const receipts = await database.tenant(PLATFORM_ORG, (tenant) =>
          listReceiptsOfKind(tenant, keyEventKind.kind, 200),
        );
        const data = [];
        for (const receipt of receipts) {
          const proven = await proveReceipt(database.knex, receipt);
          data.push({
            receipt_id: receipt.id,
            key_id: receipt.subjectId,
            event: receipt.occasion.split('/')[0] ?? '',
            issued_at: receipt.issuedAt.toISOString(),
            bundle: proven ? { ...sigstoreBundle(proven.logged, proven.log) } : null,
          });
        }
        return { body: { data }, headers };
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/logs',
      operationId: 'listLogs',
      summary: 'The logs before this one, each frozen with its last checkpoint',
      response: logsView,
      refuses: [],
      handle: async () => {
        const data = (await listFrozenLogs(database.knex)).map(({ logId: origin, frozenAt, checkpoint }) => ({
          origin,
          size: checkpoint.size,
          root: checkpoint.root.toString('base64'),
          frozen_at: frozenAt.toISOString(),
          checkpoint: checkpoint.note,
        }));
        return { body: { current: logId, data }, headers };
      },
    }),
  ];
}
