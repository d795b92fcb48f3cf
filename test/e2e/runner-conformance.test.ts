import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createNativeActivities } from '../../activities/cook-execute.js';
import { scenarios, type Scenario } from '../../scripts/conformance/scenarios.js';
import { openStage, type Stage } from '../../scripts/conformance/server.js';
import { startHttpRunner } from '../../scripts/demo/cook.js';
import { root } from '../../scripts/stack/paths.js';
import { createNursery, freePort, type Nursery } from '../../scripts/stack/processes.js';
import pino from 'pino';
import { createCookServer } from '../../src/adapters/cook-server.js';
import { installRuntime } from '../../workers/compose.js';

const rules = scenarios();
const KEY = 'dcr_conformance';
const LIMIT_MS = 30_000;
let folder: string;
let nursery: Nursery;
beforeAll(() => {
  installRuntime(pino({ level: 'silent' }));
  folder = mkdtempSync(join(tmpdir(), 'dc-conformance-'));
  nursery = createNursery(folder);
});
afterAll(async () => {
  await nursery.close();
  rmSync(folder, { recursive: true, force: true });
});

async function judge(
  url: string,
  eachCook: (scenario: Scenario, i: number) => Promise<unknown>,
): Promise<Record<string, readonly string[]>> {
  const stage: Stage = await openStage(url, KEY);
  const verdicts: Record<string, readonly string[]> = {};
  for (const [i, scenario] of rules.entries()) {
    const playing = stage.play(scenario, LIMIT_MS);
    const working = eachCook(scenario, i).catch(() => undefined);
    verdicts[scenario.rule] = scenario.faults(await playing);
    await working;
  }
  await stage.close();
  return verdicts;
}
const kept = Object.fromEntries(rules.map(({ rule }) => [rule, []]));
const url = async (): Promise<string> => `http://127.0.0.1:${String(await freePort())}`;

test('the example HTTP runner keeps every rule of the protocol', async () => {
  const publicUrl = await url();
  const runner = startHttpRunner({ nursery, publicUrl }, KEY, join(folder, 'http'), 'conformance');
  expect(await judge(publicUrl, () => Promise.resolve())).toEqual(kept);
  await runner.stop();
}, 240_000);

test('the native runner keeps every rule of the protocol', async () => {
  const publicUrl = await url();
  const verdicts = await judge(publicUrl, (_, i) => {
    const activities = createNativeActivities({
      server: createCookServer(publicUrl, KEY),
      name: 'conformance',
      labels: [],
      capabilities: { gpu: ['cpu'] },
      command: ['python3', join(root, 'examples', 'runner', 'train.py')],
      folder: join(folder, `native-${String(i)}`),
    });
    const cookId = `cok_0000000000000000000000000${String((i + 1) % 10)}`;
    return new MockActivityEnvironment().run(
      (input: { orgId: string; cookId: string }) => activities['cook.execute'](input),
      { orgId: 'org_1', cookId },
    );
  });
  expect(verdicts).toEqual(kept);
}, 240_000);

test('a careless runner is told what it broke', async () => {
  const publicUrl = await url();
  const stage = await openStage(publicUrl, KEY);
  const [first] = rules;
  if (!first) throw new Error('there are no rules');
  const playing = stage.play(first, LIMIT_MS);
  const server = createCookServer(publicUrl, KEY);
  await server.post('/runner/cooks/next', {});
  const path = '/runner/cooks/cok_00000000000000000000000001/complete';
  await server.post(path, {});
  await server.post(path, { other: true });
  expect(first.faults(await playing)).toEqual([
    'the first call is not a status',
    'it completed 2 times',
    'an upload is missing or has other bytes',
    'it reported after it had completed',
    'a call lacks the fence',
  ]);
  await stage.close();
});
