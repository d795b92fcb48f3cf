import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import pino from 'pino';
import { installRuntime } from '../../workers/compose.js';
import { fromRunner } from '../rig/environment.js';

installRuntime(pino({ level: 'silent' }));
const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string): string => readFileSync(folder + name, 'utf8');
const workflowBundle = { codePath: fromRunner('WORKFLOW_BUNDLE') };

async function replay(history: string): Promise<unknown> {
  const histories = [{ workflowId: 'replayed', history: historyFromJSON(JSON.parse(history)) }];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) return error;
  throw new Error('nothing was replayed');
}

test('every workflow has a recorded history, and every recording a workflow', () => {
  const index = readFileSync(fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)), 'utf8');
  const workflows = [...index.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name ?? '');
  const recorded = new Set(
    names.map((name) => /"workflowType":\s*\{\s*"name":\s*"(\w+)"/.exec(read(name))?.[1] ?? name),
  );
  expect([...recorded].sort()).toEqual(workflows.sort());
});

test.each(names)('%s replays on the workflows as they are now', async (name) => {
  expect(await replay(read(name))).toBeUndefined();
});

test('a history in which another step stands is refused: replay would notice a change', async () => {
  const name = names.find((one) => one.includes('keep-ledger')) ?? '';
  const planted = read(name).replaceAll('runSequencer', 'somethingElse');
  expect(planted).not.toBe(read(name));
  expect(await replay(planted)).toBeInstanceOf(DeterminismViolationError);
});

test('no recorded history holds an address, a name or a text of anybody', () => {
  for (const name of names) {
    const decoded = read(name).replaceAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString(),
    );
    for (const personal of [
      '@example.test',
      'Ada',
      'Grace',
      'Brightwater',
      'Card volume',
      'Invoices of the week',
      'token',
    ])
      expect(decoded).not.toContain(personal);
  }
});
