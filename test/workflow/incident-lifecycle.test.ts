import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import pino from 'pino';
import { eventually } from '../../scripts/stack/processes.js';
import type { IncidentCommandRef, IncidentSnapshot } from '../../src/incidents/apply.js';
import { createIncidentDurable, incidentWorkflowId, type IncidentDurable } from '../../src/incidents/durable.js';
import type { IncidentState } from '../../src/incidents/rules.js';
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

/** Stands in for Postgres: remembers what it was asked, and moves one incident as it is told to. */
interface Stage {
  readonly asked: string[];
  readonly row: { state: IncidentState; deadlineMs: number | null };
  readonly activities: Record<string, (ref: IncidentCommandRef) => Promise<IncidentSnapshot | null>>;
}

function stage(options: { failFirst?: string; refuse?: string; absorbed?: boolean; deadlineMs?: number } = {}): Stage {
  const asked: string[] = [];
  const row: Stage['row'] = { state: 'open', deadlineMs: options.deadlineMs ?? null };
  let version = 0;
  let failures = options.failFirst === undefined ? 0 : 2;
  const act =
    (name: string) =>
    (ref: IncidentCommandRef): Promise<IncidentSnapshot | null> => {
      asked.push(name);
      if (name === options.refuse) return Promise.reject(ApplicationFailure.nonRetryable('no', 'not_found'));
      if (name === options.failFirst && failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      if (options.absorbed === true) return Promise.resolve(null);
      if (name !== 'readIncident') version += 1;
      if (name === 'actOnIncidentDeadline') row.deadlineMs = null;
      const now = 1_700_000_000_000;
      const deadline = row.deadlineMs === null ? null : ({ kind: 'escalate', at: now + row.deadlineMs } as const);
      return Promise.resolve({ incidentId: ref.incidentId, state: row.state, version, now, deadline });
    };
  const names = ['openIncident', 'changeIncident', 'mintIncident', 'readIncident', 'actOnIncidentDeadline'];
  return { asked, row, activities: Object.fromEntries(names.map((name) => [name, act(name)])) };
}

async function play<T>(
  given: Stage,
  work: (tools: { incidents: IncidentDurable; command: IncidentCommandRef; handle: WorkflowHandle }) => Promise<T>,
  maxCachedWorkflows = 50,
): Promise<T> {
  const queue = `incident-${randomBytes(5).toString('hex')}`;
  const command = { commandId: 'c', orgId: 'org_1', incidentId: `inc-${queue}` };
  const worker = await Worker.create({
    connection,
    taskQueue: queue,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities: given.activities,
    maxCachedWorkflows,
    shutdownForceTime: '5s',
  });
  return worker.runUntil(async () => {
    const handle = client.workflow.getHandle(incidentWorkflowId(command.incidentId));
    const result = await work({ incidents: createIncidentDurable(client, queue), command, handle });
    if ((await handle.describe()).status.name === 'RUNNING') await handle.terminate();
    return result;
  });
}

test('an incident that joined another leaves no workflow behind, and a refused opening neither', async () => {
  await play(stage({ absorbed: true }), async ({ incidents, command, handle }) => {
    expect(await incidents.open(command)).toBe('done');
    expect(await handle.result()).toEqual({ state: null });
  });
  await play(stage({ refuse: 'openIncident' }), async ({ incidents, command, handle }) => {
    await expect(incidents.open(command)).rejects.toMatchObject({ code: 'not_found' });
    expect(await handle.result()).toEqual({ state: null });
  });
});

test('a deadline wakes the incident once, and what is owed next is asked of the row', async () => {
  const given = stage({ deadlineMs: 50 });
  await play(given, async ({ incidents, command }) => {
    await incidents.open(command);
    await eventually('the deadline', 10_000, () =>
      given.asked.includes('actOnIncidentDeadline') ? Promise.resolve() : Promise.reject(new Error('not yet')),
    );
    expect(given.asked).toEqual(['openIncident', 'actOnIncidentDeadline']);
  });
});

test('a change behind its back is learnt by a nudge, which also starts a workflow that is not there', async () => {
  const given = stage();
  await play(given, async ({ incidents, command, handle }) => {
    await incidents.nudge(command);
    await eventually('the row', 10_000, async () => {
      expect(await handle.query('state')).toMatchObject({ state: 'open' });
    });
    given.row.state = 'mitigated';
    await incidents.nudge(command);
    await eventually('the change', 10_000, async () => {
      expect(await handle.query('state')).toMatchObject({ state: 'mitigated' });
    });
  });
});

test('a command that finds the database away is done once it is back; a refusal reaches its caller', async () => {
  const given = stage({ failFirst: 'changeIncident', refuse: 'mintIncident' });
  await play(given, async ({ incidents, command }) => {
    await incidents.open(command);
    expect(await incidents.give('changeIncident', command)).toBe('done');
    expect(given.asked.filter((name) => name === 'changeIncident')).toHaveLength(3);
    await expect(incidents.give('mintIncident', command)).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('with the cache off nothing is asked twice, and the history replays', async () => {
  const given = stage();
  await play(
    given,
    async ({ incidents, command, handle }) => {
      await incidents.open(command);
      await incidents.give('changeIncident', command);
      given.row.state = 'closed';
      await incidents.give('changeIncident', command);
      await incidents.give('mintIncident', command);
      expect(given.asked).toEqual(['openIncident', 'changeIncident', 'changeIncident', 'mintIncident']);
      await Worker.runReplayHistory(
        { workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') } },
        await handle.fetchHistory(),
      );
    },
    0,
  );
});
