import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import proto from '@temporalio/proto';
import { z } from 'zod';
import { expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { cookTaskQueue } from '../../src/cooks/durable.js';
import type { Rig } from './rig.js';

const id = z.object({ id: z.string() });
export const cookAnswer = z.looseObject({
  id: z.string(),
  state: z.string(),
  attempt: z.number(),
  receipt_id: z.string().nullable(),
  cancel_requested: z.boolean(),
});
export const claimAnswer = z.looseObject({
  cook: z.looseObject({ id: z.string() }),
  attempt: z.number(),
  lease_token: z.string(),
  fence: z.number(),
  checkpoint: z.unknown(),
});
export type Claim = z.output<typeof claimAnswer>;

/** A recipe that asks for a processor and nothing else; parts of it may be replaced. */
export const recipe = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  base_model: { slug: 'tiny', revision: '1' },
  method: 'full',
  data_policy_ack: '1',
  ...changes,
});

export async function requestCook(caller: Caller, runId: string, changes = {}): Promise<string> {
  return expectAnswer(await caller.call('POST', `/runs/${runId}/cook`, recipe(changes)), [201], id).id;
}

export const readCook = async (caller: Caller, cookId: string): Promise<z.output<typeof cookAnswer>> =>
  expectAnswer(await caller.call('GET', `/cooks/${cookId}`), [200], cookAnswer);

/** Waits until a cook has come to a state. */
export const cookIn = (caller: Caller, cookId: string, state: string): Promise<z.output<typeof cookAnswer>> =>
  eventually(`${cookId} to be ${state}`, 25_000, async () => {
    const cook = await readCook(caller, cookId);
    if (cook.state !== state) throw new Error(`it is ${cook.state}`);
    return cook;
  });

export const next = (runner: Caller, name = 'r1', wait = 4, changes = {}): Promise<Answer> =>
  runner.call('POST', '/runner/cooks/next', {
    runner_id: name,
    capabilities: { gpu: ['cpu'] },
    wait_s: wait,
    ...changes,
  });

export async function claim(runner: Caller, name = 'r1', wait = 20): Promise<Claim> {
  return expectAnswer(await next(runner, name, wait), [200], claimAnswer);
}

/** One call of the protocol on a claimed cook. */
export const report = (
  runner: Caller,
  { cook, lease_token, fence }: Claim,
  verb: 'status' | 'artifacts' | 'complete' | 'fail',
  body: Readonly<Record<string, unknown>> = {},
): Promise<Answer> => runner.call('POST', `/runner/cooks/${cook.id}/${verb}`, { lease_token, fence, ...body });

export const digest = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A piece of a log as a runner sends it. */
export const piece = (text: string, offset: number, seq = 0): Record<string, unknown> => ({
  seq,
  offset,
  gzip: gzipSync(text).toString('base64'),
  sha256: digest(text),
});

/** Paired scores of n items, of which the first `wins` were wrong before and right after. */
export const measured = (n: number, wins: number): Record<string, unknown> => ({
  metric: 'accuracy',
  items: Array.from({ length: n }, (_, i) => [i < wins ? 0 : 1, 1]),
  seeds: [1],
  contamination: { eval_items: n, overlapping: 0 },
});

/** Runs the sweep once, as its schedule does. */
export async function tend(rig: Rig): Promise<{ lost: number; told: number; started: number }> {
  const workflowId = `tend-${rig.logId}-${String(performance.now())}`;
  const handle = await rig.client.workflow.start('tendCooks', { taskQueue: rig.parts.queues.core, workflowId });
  const done: unknown = await handle.result();
  return z.object({ lost: z.number(), told: z.number(), started: z.number() }).parse(done);
}

/** Waits until so many cooks for a processor wait in Temporal's queue: only then can it choose among them. */
export const waiting = (rig: Rig, count: number): Promise<void> =>
  eventually(`${String(count)} cooks in the queue`, 15_000, async () => {
    const { stats } = await rig.client.workflowService.describeTaskQueue({
      namespace: rig.client.options.namespace,
      taskQueue: { name: cookTaskQueue(rig.parts.queues, 'cpu') },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
      reportStats: true,
    });
    const backlog = Number(stats?.approximateBacklogCount ?? 0);
    if (backlog < count) throw new Error(`${String(backlog)} so far`);
  });
