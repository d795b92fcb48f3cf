import type { z } from 'zod';
import { countQueues } from '../cooks/store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { internal } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { runnerState } from './rules.js';
import { queueView, runnerParams, runnersView, runnerView } from './schema.js';
import { listRunners, steerRunner, type Runner } from './store.js';

const changes = {
  drain: { operationId: 'drainRunner', summary: 'Let a runner finish its cook and take no other' },
  revoke: { operationId: 'revokeRunner', summary: 'Turn a runner away; its live lease runs out' },
  restore: { operationId: 'restoreRunner', summary: 'Let a drained or quarantined runner take cooks again' },
} as const;

/** What operators see and steer: queues and runners. */
export function runnerInternalRoutes({ database }: { readonly database: Database }): readonly Route[] {
  const auth = internal('cooks:maintain');
  const steer = (change: keyof typeof changes): Route =>
    defineRoute({
      method: 'post',
      path: `/internal/runners/{runner_id}/${change}`,
      ...changes[change],
      auth,
      params: runnerParams,
      query: none,
      body: noBody,
      response: runnerView,
      status: 200,
      refuses: ['not_found'],
      handle: async ({ params }) => {
        const runner = await database.system((system) => steerRunner(system, params.runner_id, change));
        if (!runner) throw new Refusal('not_found', 'No such runner.');
        return { body: showRunner(runner, 0) };
      },
    });
  return [
    defineRoute({
      method: 'get',
      path: '/internal/cooks/queues',
      operationId: 'listCookQueues',
      summary: 'How many cooks wait and run, by queue',
      auth,
      params: none,
      query: none,
      body: noBody,
      response: queueView,
      status: 200,
      refuses: [],
      handle: async () => {
        const rows = await database.system(countQueues);
        return { body: { data: rows.map(({ oldest, ...row }) => ({ ...row, oldest: oldest.toISOString() })) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/internal/runners',
      operationId: 'listRunners',
      summary: 'Every runner with its state',
      auth,
      params: none,
      query: none,
      body: noBody,
      response: runnersView,
      status: 200,
      refuses: [],
      handle: async () => {
        const rows = await database.system(listRunners);
        return { body: { data: rows.map(({ runner, liveLeases }) => showRunner(runner, liveLeases)) } };
      },
    }),
    steer('drain'),
    steer('revoke'),
    steer('restore'),
  ];
}

function showRunner(runner: Runner, liveLeases: number): z.input<typeof runnerView> {
  return {
    id: runner.id,
    name: runner.name,
    transport: runner.transport,
    state: runnerState({ ...runner, liveLeases }, new Date()),
    labels: [...runner.labels],
    capabilities: runner.capabilities,
    lost_leases: runner.lostLeases,
    live_leases: liveLeases,
    last_seen_at: runner.lastSeenAt.toISOString(),
  };
}
