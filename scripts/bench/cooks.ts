import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createCaller, expectAnswer, type Caller } from '../demo/client.js';
import { exampleRecipe } from '../demo/cook.js';
import { signIn } from '../demo/journey.js';
import { makeRunnerKey } from '../stack/runner-key.js';
import { startParts, startRoles } from '../stack/stack.js';
import { usageOf } from '../stack/usage.js';

const RUNNERS = 200;
const CLAIMS = 200;
const CLAIMERS = 20;
const TRICKLE = 60;
const id = z.object({ id: z.string() });
const claimSchema = z.looseObject({
  cook: z.looseObject({ id: z.string() }),
  lease_token: z.string(),
  fence: z.number(),
});

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN;

/** Claims per second out of a full queue, the latency of a claim with a fleet waiting, and what the waiting costs. */
export async function benchCooks(): Promise<void> {
  process.env['RATE_LIMIT_PER_MINUTE'] = '10000000';
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  try {
    await startRoles(parts);
    const memory = (): number => usageOf(parts.nursery).get('api')?.memoryBytes ?? NaN;
    const owner = await signIn(parts.publicUrl, 'ada@example.test', 'Ada Moreau', 'Bench');
    const runner = createCaller(parts.publicUrl, await makeRunnerKey(parts.env));
    const ask = await asker(owner);
    await measureFullQueue(runner, ask);
    await measureFleet(runner, ask, memory);
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function asker(owner: Caller): Promise<() => Promise<string>> {
  const { id: projectId } = expectAnswer(await owner.call('POST', '/projects', { name: 'Bench' }), [201], id);
  const run = { project_id: projectId, title: 'Bench', flight_sheet: { slug: 'numeric-memo' } };
  const { id: runId } = expectAnswer(await owner.call('POST', '/runs', run), [201], id);
  const recipe = { ...exampleRecipe(1), outputs: [] };
  return async () => expectAnswer(await owner.call('POST', `/runs/${runId}/cook`, recipe), [201], id).id;
}

const next = (runner: Caller, name: string, wait: number): ReturnType<Caller['call']> =>
  runner.call('POST', '/runner/cooks/next', { runner_id: name, capabilities: { gpu: ['cpu'] }, wait_s: wait });

/** Ends a cook that was claimed; a bench trains nothing. */
async function end(runner: Caller, json: unknown): Promise<string> {
  const { cook, lease_token, fence } = claimSchema.parse(json);
  const body = { lease_token, fence, class: 'config', retryable: false, message: 'bench' };
  expectAnswer(await runner.call('POST', `/runner/cooks/${cook.id}/fail`, body), [200], z.unknown());
  return cook.id;
}

async function measureFullQueue(runner: Caller, ask: () => Promise<string>): Promise<void> {
  const began = performance.now();
  for (let i = 0; i < CLAIMS; i += CLAIMERS) await Promise.all(Array.from({ length: CLAIMERS }, ask));
  const requested = performance.now();
  let claimed = 0;
  const work = async (_: unknown, i: number): Promise<void> => {
    while (claimed < CLAIMS) {
      const { status, json } = await next(runner, `claimer-${String(i)}`, 3);
      if (status !== 200) continue;
      claimed += 1;
      if (claimed === CLAIMS) tell('claims per second, full queue', CLAIMS / ((performance.now() - requested) / 1000));
      await end(runner, json);
    }
  };
  tell('requests of cooks per second', CLAIMS / ((requested - began) / 1000));
  await Promise.all(Array.from({ length: CLAIMERS }, work));
}

async function measureFleet(runner: Caller, ask: () => Promise<string>, memory: () => number): Promise<void> {
  const before = memory();
  let requests = 0;
  let stopped = false;
  const asked = new Map<string, number>();
  const latencies: number[] = [];
  const wait = async (_: unknown, i: number): Promise<void> => {
    while (!stopped) {
      requests += 1;
      const { status, json, headers } = await next(runner, `fleet-${String(i)}`, 25);
      if (status === 200) {
        const came = performance.now();
        const { cook } = claimSchema.parse(json);
        const at = asked.get(cook.id);
        if (at !== undefined) latencies.push(came - at);
        await end(runner, json);
      } else await pause(Number(headers.get('retry-after') ?? '2') * 1000);
    }
  };
  const fleet = Array.from({ length: RUNNERS }, wait);
  await pause(15_000);
  tell('KiB of memory per waiting runner', (memory() - before) / 1024 / RUNNERS);
  requests = 0;
  await pause(60_000);
  tell('requests per minute and idle runner', requests / RUNNERS);
  for (let i = 0; i < TRICKLE; i += 1) {
    const began = performance.now();
    const cookId = await ask();
    asked.set(cookId, began);
    await pause(100);
  }
  await pause(5000);
  stopped = true;
  tell(`claim latency p50 ms with ${String(RUNNERS)} waiting, request included`, percentile(latencies, 0.5));
  tell('claim latency p99 ms', percentile(latencies, 0.99));
  tell('claims measured', latencies.length);
  await Promise.all(fleet);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const tell = (what: string, value: number): void => {
  process.stdout.write(`${what}: ${value.toFixed(1)}\n`);
};
