import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pino from 'pino';
import type { CookSnapshot, CookTerms } from '../../src/cooks/apply.js';
import { cookTaskQueue, cookWorkflowId, createCookDurable, type CookDurable } from '../../src/cooks/durable.js';
import type { CookState, Ending } from '../../src/cooks/rules.js';
import { eventually } from '../../scripts/stack/processes.js';
import { installRuntime } from '../../workers/compose.js';
import { fromRunner } from '../rig/environment.js';

let connection: NativeConnection;
let client: Client;
beforeAll(async () => {
  installRuntime(pino({ level: 'silent' }));
  const address = fromRunner('TEMPORAL_ADDRESS');
  connection = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }) });
});
afterAll(async () => {
  await client.connection.close();
  await connection.close();
});

const terms: CookTerms = {
  queue: 'cpu',
  priorityKey: 3,
  leaseSeconds: 30,
  queueSeconds: 60,
  attemptSeconds: 60,
  retrySeconds: 1,
};
interface Stage {
  readonly endings: Ending[];
  state: CookState;
  cancelRequested: boolean;
}

/** Plays a cook on activities that only remember, with a runner that does as it is told. */
async function play(
  work: (tools: { cooks: CookDurable; cookId: string; stage: Stage; result: () => Promise<unknown> }) => Promise<void>,
  runner?: () => Promise<unknown>,
): Promise<void> {
  const name = randomBytes(5).toString('hex');
  const queues = { core: `cook-${name}`, pdf: `cook-${name}` };
  const cookId = `cok-${name}`;
  const stage: Stage = { endings: [], state: 'queued', cancelRequested: false };
  const shot = (): Promise<CookSnapshot> =>
    Promise.resolve({ cookId, state: stage.state, cancelRequested: stage.cancelRequested });
  const common = { connection, shutdownForceTime: '5s' as const };
  const core = await Worker.create({
    ...common,
    taskQueue: queues.core,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities: {
      requestCook: shot,
      readCook: shot,
      cancelCook: () => {
        stage.cancelRequested = true;
        return shot();
      },
      settleCook: ({ ending }: { ending: Ending }) => {
        stage.endings.push(ending);
        return shot();
      },
    },
  });
  const native = runner
    ? await Worker.create({
        ...common,
        taskQueue: cookTaskQueue(queues, 'cpu'),
        activities: { 'cook.execute': runner },
      })
    : undefined;
  const cooks = createCookDurable(client, queues);
  const result = () => client.workflow.getHandle(cookWorkflowId(cookId)).result();
  const scene = () => work({ cooks, cookId, stage, result });
  await core.runUntil(() => (native ? native.runUntil(scene) : scene()));
}
const command = (cookId: string) => ({ commandId: 'c', orgId: 'org_1', cookId });

test('what a runner does is waited for, and the cook settles once', async () => {
  await play(
    async ({ cooks, cookId, stage, result }) => {
      expect(await cooks.request(command(cookId), terms)).toBe('done');
      await result();
      expect(stage.endings).toEqual([{ kind: 'returned', detail: '' }]);
      expect(await cooks.ensure({ orgId: 'org_1', cookId }, terms)).toBe(true);
    },
    () => Promise.resolve({ attempt: 1 }),
  );
});

test('a cook that no runner takes within its time settles as timed out before it started', async () => {
  await play(async ({ cooks, cookId, stage, result }) => {
    await cooks.request(command(cookId), { ...terms, queueSeconds: 1 });
    await result();
    expect(stage.endings).toEqual([{ kind: 'timeout', detail: 'SCHEDULE_TO_START' }]);
  });
});

test('a queued cook that is cancelled settles at once; a second start while it is open joins it', async () => {
  await play(async ({ cooks, cookId, stage, result }) => {
    await cooks.request(command(cookId), terms);
    expect(await cooks.ensure({ orgId: 'org_1', cookId }, terms)).toBe(false);
    expect(await cooks.cancel(command(cookId), terms)).toBe('done');
    await result();
    expect(stage.endings).toEqual([{ kind: 'cancelled', detail: '' }]);
  });
});

test('a failure that may pass brings the task back; a nudge makes the workflow look at Postgres', async () => {
  let calls = 0;
  await play(
    async ({ cooks, cookId, stage, result }) => {
      await cooks.request(command(cookId), { ...terms, retrySeconds: 60 });
      await eventually('the first attempt', 10_000, () =>
        calls === 1 ? Promise.resolve() : Promise.reject(new Error('not yet')),
      );
      await cooks.nudge(cookId);
      await result();
      expect(stage.endings).toEqual([{ kind: 'cancelled', detail: '' }]);
      await cooks.nudge(cookId);
    },
    () => {
      calls += 1;
      return Promise.reject(new Error('the processor caught fire'));
    },
  );
});
