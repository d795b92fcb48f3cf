import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { z } from 'zod';
import { expectAnswer } from '../demo/client.js';
import { invite, signIn } from '../demo/journey.js';
import { eventually } from '../stack/processes.js';
import { root } from '../stack/paths.js';
import { usageOf, type Usage } from '../stack/usage.js';
import { startParts, startRoles } from '../stack/stack.js';
import { gradedRun, type Ask, type Cast } from './graded-run.js';

/** Commands of one lifecycle: open, two pieces of evidence, submission, audit, checks, two grades, approval, receipt. */
const COMMANDS = 10;
const CLIENTS = [1, 8, 32] as const;
const PER_LEVEL = { 1: 12, 8: 48, 32: 96 } as const;

interface Sample {
  readonly perSecond: number;
  /** Milliseconds of each command. */
  readonly times: readonly number[];
}
const id = z.object({ id: z.string() });

async function lifecycle(cast: Cast, times: number[]): Promise<string> {
  const timed: Ask = async (caller, method, path, body, schema) => {
    const begin = performance.now();
    const answer = await caller.call(method, path, body);
    times.push(performance.now() - begin);
    return expectAnswer(answer, [200, 201], schema);
  };
  const runId = await gradedRun(cast, timed);
  await timed(cast.reviewer, 'POST', `/runs/${runId}/approve`, { decision: 'approved' }, z.unknown());
  await timed(cast.owner, 'POST', `/runs/${runId}/receipt`, undefined, id);
  return runId;
}

async function bareLifecycle(client: Client, times: number[]): Promise<void> {
  const workflowId = `bare-${randomUUID()}`;
  const timed = async (work: () => Promise<unknown>): Promise<void> => {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  };
  const start = new WithStartWorkflowOperation('bare', {
    workflowId,
    taskQueue: 'bench-bare',
    args: [COMMANDS],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await timed(() => client.workflow.executeUpdateWithStart('step', { startWorkflowOperation: start }));
  const handle = client.workflow.getHandle(workflowId);
  for (let i = 1; i < COMMANDS; i += 1) await timed(() => handle.executeUpdate('step'));
}

/** Runs `total` lifecycles with `clients` at a time. */
async function measure(
  clients: number,
  total: number,
  one: (client: number, times: number[]) => Promise<void>,
): Promise<Sample> {
  const times: number[] = [];
  let next = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (next < total) {
        next += 1;
        await one(client, times);
      }
    }),
  );
  return { perSecond: total / ((performance.now() - begin) / 1000), times };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const show = (value: number): string => value.toFixed(2);

/** Lifecycles over HTTP against a bare workflow with as many updates, in the same run on the same servers. */
export async function benchLifecycle(durable: boolean): Promise<void> {
  process.env['RATE_LIMIT_PER_MINUTE'] = '10000000';
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable });
  try {
    await startRoles(parts);
    await parts.nursery.fork('bare', join(root, 'dist/scripts/bench/bare-worker.js'), parts.env);
    const connection = await Connection.connect({ address: parts.env['TEMPORAL_ADDRESS'] ?? '' });
    const client = new Client({ connection });
    const casts: Cast[] = [];
    for (let i = 0; i < 32; i += 1) {
      const owner = await signIn(parts.publicUrl, `owner${String(i)}@example.test`, 'O', 'Bench');
      const reviewer = await invite(parts.publicUrl, owner, `reviewer${String(i)}@example.test`, 'R');
      const project = expectAnswer(await owner.call('POST', '/projects', { name: 'Bench' }), [201], id);
      const grader = await invite(parts.publicUrl, owner, `grader${String(i)}@example.test`, 'G');
      casts.push({ owner, reviewer, grader, projectId: project.id });
    }
    const castOf = (i: number): Cast => casts[i % casts.length] ?? fail();
    const runs: string[] = [];
    const ours = async (i: number, times: number[]): Promise<void> => {
      runs.push(await lifecycle(castOf(i), times));
    };
    await measure(4, 8, ours);
    await measure(4, 8, (_, times) => bareLifecycle(client, times));
    const spent: string[] = [];
    process.stdout.write('clients | ours/s | bare/s | ratio | our p50 ms | bare p50 ms | ratio\n');
    for (const clients of CLIENTS) {
      const before = usageOf(parts.nursery);
      const product = await measure(clients, PER_LEVEL[clients], ours);
      await settled(client, runs);
      spent.push(showSpent(clients, PER_LEVEL[clients], before, usageOf(parts.nursery)));
      const bare = await measure(clients, PER_LEVEL[clients], (_, times) => bareLifecycle(client, times));
      const cells = [
        product.perSecond,
        bare.perSecond,
        product.perSecond / bare.perSecond,
        median(product.times),
        median(bare.times),
        median(product.times) / median(bare.times),
      ];
      process.stdout.write(`${String(clients).padStart(7)} | ${cells.map(show).join(' | ')}\n`);
    }
    const { historyLength } = await client.workflow.getHandle(`run:${runs[0] ?? ''}`).describe();
    process.stdout.write(
      `\n${String(historyLength)} history events for ${String(COMMANDS)} commands: ${show(historyLength / COMMANDS)} per command.\n`,
    );
    process.stdout.write(`\nProcessor time of one lifecycle, its PDF included:\n${spent.join('\n')}\n`);
    await connection.close();
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of processor time per lifecycle and process. */
function showSpent(
  clients: number,
  lifecycles: number,
  before: ReadonlyMap<string, Usage>,
  after: ReadonlyMap<string, Usage>,
): string {
  const cells = [...after].map(([name, { cpuSeconds }]) => {
    const used = cpuSeconds - (before.get(name)?.cpuSeconds ?? 0);
    return `${name} ${String(Math.round((used * 1000) / lifecycles))} ms`;
  });
  return `${String(clients).padStart(7)} | ${cells.join(', ')}`;
}

/** Waits until every run so far has its PDF, so that the peer is not measured in their shadow. */
async function settled(client: Client, runs: readonly string[]): Promise<void> {
  for (const run of runs.slice(-120)) {
    await eventually(`the end of ${run}`, 120_000, async () => {
      const { status } = await client.workflow.getHandle(`run:${run}`).describe();
      if (status.name === 'RUNNING') throw new Error('still running');
    });
  }
}

function fail(): never {
  throw new Error('benchLifecycle: no pair of people');
}
