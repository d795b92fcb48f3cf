import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { z } from 'zod';
import type { Database, System } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { platformAdmin } from '../http/gates.js';
import { findHead, findPublication } from '../ledger/store.js';

const queueView = z.strictObject({ name: z.string(), pollers: z.int() });
const diagnosticsView = z
  .strictObject({
    queues: z.array(queueView).meta({ description: 'Task queues and how many workers poll them.' }),
    ledger: z.strictObject({ size: z.int(), published_size: z.int(), pending: z.int(), paused: z.boolean() }),
    outbox: z.strictObject({ owed: z.int(), failing: z.int(), oldest_seconds: z.int() }),
  })
  .meta({ id: 'Diagnostics' });

export interface DiagnosticsDeps {
  readonly database: Database;
  readonly client: Client;
  readonly logId: string;
  readonly queues: Readonly<Record<string, string>>;
}

/** What an operator looks at first: workers, the lag of the ledger, mail that is not sent. */
export function diagnosticsRoutes({ database, client, logId, queues }: DiagnosticsDeps): readonly Route[] {
  const pollersOf = async (name: string): Promise<z.input<typeof queueView>> => {
    const described = await client.withDeadline(Date.now() + 2000, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name },
        taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
      }),
    );
    return { name, pollers: described.pollers.length };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/admin/health',
      operationId: 'getDiagnostics',
      summary: 'Gated diagnostics: queues, workers, ledger lag, outbox',
      auth: platformAdmin,
      params: none,
      query: none,
      body: noBody,
      response: diagnosticsView,
      status: 200,
      refuses: ['forbidden', 'wrong_credential'],
      handle: async () => {
        const head = await findHead(database.knex, logId);
        const { publishedSize } = await findPublication(database.knex, logId);
        const { pending, ...outbox } = await database.system((system) => countBacklog(system, logId));
        return {
          body: {
            queues: await Promise.all(Object.values(queues).map(pollersOf)),
            ledger: {
              size: head?.size ?? 0,
              published_size: publishedSize,
              pending,
              paused: head?.pausedReason !== null,
            },
            outbox,
          },
          headers: { 'Cache-Control': 'no-store' },
        };
      },
    }),
  ];
}

const backlogSchema = z.object({
  rows: z.tuple([z.object({ pending: z.int(), owed: z.int(), failing: z.int(), oldest_seconds: z.int() })]),
});

async function countBacklog({ trx }: System, logId: string): Promise<z.output<typeof backlogSchema>['rows'][0]> {
  const sql = `select (select count(*) from ledger_pending where log_id = ?) as pending, count(*) as owed,
       count(*) filter (where attempts > 0) as failing,
       coalesce(extract(epoch from now() - min(created_at)), 0)::bigint as oldest_seconds
     from outbox where sent_at is null`;
  return backlogSchema.parse(await trx.raw(sql, [logId])).rows[0];
}
