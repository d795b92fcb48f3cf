import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createRunDurable, runWorkflowId, type RunDurable } from '../../src/runs/durable.js';
import type { RunCommandRef, RunSnapshot } from '../../src/runs/apply.js';
import type { RunState } from '../../src/runs/rules.js';
import { Refusal } from '../../src/kernel/refusals.js';
import { installRuntime } from '../../workers/compose.js';
import { eventually } from '../../scripts/stack/processes.js';
import { fromRunner } from '../rig/environment.js';
import pino from 'pino';

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

/** Stands in for Postgres: remembers what it was asked, and answers with the states it was given. */
interface Stage {
  readonly asked: string[];
  readonly activities: Record<string, (ref: RunCommandRef) => Promise<RunSnapshot | null>>;
}
const command = (runId: string): RunCommandRef => ({ commandId: 'c', orgId: 'org_1', runId });

function stage(
  states: Readonly<Record<string, RunState>>,
  options: { failFirst?: string; refuse?: string; deadlineMs?: number } = {},
): Stage {
  const asked: string[] = [];
  let version = 0;
  let failures = options.failFirst === undefined ? 0 : 2;
  const act =
    (name: string) =>
    (ref: RunCommandRef): Promise<RunSnapshot> => {
      asked.push(name);
      if (name === options.refuse) return Promise.reject(ApplicationFailure.nonRetryable('no', 'not_found'));
      if (name === options.failFirst && failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      version += 1;
      const now = 1_700_000_000_000;
      const state = states[name] ?? 'draft';
      const deadline =
        options.deadlineMs !== undefined && state !== 'cancelled'
          ? ({ kind: 'expire', at: now + options.deadlineMs } as const)
          : null;
      return Promise.resolve({ runId: ref.runId, state, version, now, deadline });
    };
  const names = [
    'openRun',
    'attachEvidence',
    'submit',
    'audit',
    'mint',
    'cancel',
    'readRun',
    'actOnDeadline',
    'awaitInclusion',
    'renderReceiptPdf',
  ];
  return { asked, activities: Object.fromEntries(names.map((name) => [name, act(name)])) };
}

async function play<T>(
  given: Stage,
  work: (tools: { runs: RunDurable; runId: string; handle: WorkflowHandle }) => Promise<T>,
  maxCachedWorkflows = 50,
): Promise<T> {
  const queue = `workflow-${randomBytes(5).toString('hex')}`;
  const runId = `run-${queue}`;
  const worker = await Worker.create({
    connection,
    taskQueue: queue,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities: given.activities,
    maxCachedWorkflows,
    shutdownForceTime: '5s',
  });
  return worker.runUntil(() =>
    work({
      runs: createRunDurable(client, { core: queue, pdf: queue }),
      runId,
      handle: client.workflow.getHandle(runWorkflowId(runId)),
    }),
  );
}

test('a second start joins the first: one workflow, one opening at a time', async () => {
  const given = stage({});
  await play(given, async ({ runs, runId, handle }) => {
    const deliveries = await Promise.all([runs.open(command(runId), 'p'), runs.open(command(runId), 'p')]);
    expect(deliveries).toEqual(['done', 'done']);
    expect(await runs.ensure({ orgId: 'org_1', runId })).toBe(false);
    await handle.terminate();
  });
});

test('an impossible command is refused by its code before anything is asked, and leaves no trace', async () => {
  const given = stage({});
  await play(given, async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    const before = (await handle.describe()).historyLength;
    await expect(runs.give('mint', command(runId))).rejects.toMatchObject({
      code: 'not_approved',
      details: { current_state: 'draft' },
    });
    expect((await handle.describe()).historyLength).toBe(before);
    expect(given.asked).toEqual(['openRun']);
    await handle.terminate();
  });
});

test('a command that finds the database away is done once it is back', async () => {
  const given = stage({ submit: 'submitted' }, { failFirst: 'submit' });
  await play(given, async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    expect(await runs.give('submit', command(runId))).toBe('done');
    expect(given.asked.filter((name) => name === 'submit')).toHaveLength(3);
    await handle.terminate();
  });
});

test('a refusal by the transaction reaches the caller with its code; one of the opening ends the workflow', async () => {
  await play(stage({}, { refuse: 'submit' }), async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    await expect(runs.give('submit', command(runId))).rejects.toBeInstanceOf(Refusal);
    await handle.terminate();
  });
  await play(stage({}, { refuse: 'openRun' }), async ({ runs, runId, handle }) => {
    await expect(runs.open(command(runId), 'p')).rejects.toMatchObject({ code: 'not_found' });
    expect(await handle.result()).toEqual({ state: 'cancelled' });
  });
});

test('a deadline wakes the run, and an expired one closes its workflow', async () => {
  const given = stage({ actOnDeadline: 'cancelled' }, { deadlineMs: 20 });
  await play(given, async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    expect(await handle.result()).toEqual({ state: 'cancelled' });
    expect(given.asked).toEqual(['openRun', 'actOnDeadline']);
  });
});

test('a cancelled run closes; a receipted one waits for its ledger entry and its PDF first', async () => {
  const cancelled = stage({ cancel: 'cancelled' });
  await play(cancelled, async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    await runs.give('cancel', command(runId));
    expect(await handle.result()).toEqual({ state: 'cancelled' });
  });
  const minted = stage({ openRun: 'approved', mint: 'receipted' });
  await play(minted, async ({ runs, runId, handle }) => {
    await runs.open(command(runId), 'p');
    await runs.give('mint', command(runId));
    expect(await handle.result()).toEqual({ state: 'receipted' });
    expect(minted.asked).toEqual(['openRun', 'mint', 'awaitInclusion', 'renderReceiptPdf']);
  });
});

test('a run whose workflow was lost is resumed from its row by its next command', async () => {
  const given = stage({ readRun: 'submitted', submit: 'submitted' });
  await play(given, async ({ runs, runId, handle }) => {
    expect(await runs.give('submit', command(runId))).toBe('done');
    // The row is read beside the first command, not before it: whichever comes second knows the newer version.
    await eventually('reading of the row', 10_000, () =>
      given.asked.includes('readRun') ? Promise.resolve() : Promise.reject(new Error('not asked yet')),
    );
    expect(await handle.query('state')).toMatchObject({ state: 'submitted' });
    await handle.terminate();
  });
});

test('with the cache off nothing is asked twice, and the history replays', async () => {
  const given = stage({ submit: 'submitted', cancel: 'cancelled' });
  await play(
    given,
    async ({ runs, runId, handle }) => {
      await runs.open(command(runId), 'p');
      await runs.give('submit', command(runId));
      await runs.give('cancel', command(runId));
      await handle.result();
      expect(given.asked).toEqual(['openRun', 'submit', 'cancel']);
      await Worker.runReplayHistory(
        { workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') } },
        await handle.fetchHistory(),
      );
    },
    0,
  );
});
