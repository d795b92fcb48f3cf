import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import pino from 'pino';
import { eventually } from '../../scripts/stack/processes.js';
import { createMembershipDurable, membershipWorkflowId, type MembershipDurable } from '../../src/membership/durable.js';
import { isDormant, type Deadline, type MembershipState } from '../../src/membership/rules.js';
import type { MembershipSnapshot } from '../../src/membership/settle.js';
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

interface Step {
  readonly state: MembershipState;
  readonly owed?: number;
  readonly deadline?: Deadline;
  readonly isBilled?: boolean;
}
const NOW = 1_700_000_000_000;

/** Activities that remember what they were asked, and answer from lists: one list per name, its last entry for ever. */
function stage(answers: Readonly<Record<string, readonly (Step | Error | null)[]>>): {
  asked: string[];
  activities: Record<string, () => Promise<MembershipSnapshot | null>>;
} {
  const asked: string[] = [];
  let version = 0;
  const act = (name: string, list: readonly (Step | Error | null)[]) => {
    let turn = 0;
    return (): Promise<MembershipSnapshot | null> => {
      asked.push(name);
      const step = list[Math.min(turn, list.length - 1)] ?? null;
      turn += 1;
      if (step instanceof Error) return Promise.reject(step);
      if (step === null) return Promise.resolve(null);
      const { state, owed = 0, deadline = null, isBilled = false } = step;
      version += 1;
      return Promise.resolve({ state, version, now: NOW, deadline, owed, isBilled, isDormant: isDormant(state) });
    };
  };
  const activities = Object.fromEntries(Object.entries(answers).map(([name, list]) => [name, act(name, list)]));
  return { asked, activities };
}

async function play<T>(
  { activities }: ReturnType<typeof stage>,
  work: (tools: { memberships: MembershipDurable; orgId: string; handle: WorkflowHandle }) => Promise<T>,
): Promise<T> {
  const queue = `workflow-${randomBytes(5).toString('hex')}`;
  const worker = await Worker.create({
    connection,
    taskQueue: queue,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities,
    shutdownForceTime: '5s',
  });
  return worker.runUntil(() =>
    work({
      memberships: createMembershipDurable(client, { core: queue, pdf: queue }),
      orgId: queue,
      handle: client.workflow.getHandle(membershipWorkflowId(queue)),
    }),
  );
}

test('a deadline reads Stripe by itself, and a lapsed membership gets its receipt before its workflow closes', async () => {
  const deadline = { kind: 'grace_over', at: NOW + 20 } as const;
  const given = stage({
    readMembership: [{ state: 'past_due', deadline }],
    refreshMembership: [{ state: 'lapsed', owed: 1 }],
    mintMembershipReceipts: [{ state: 'lapsed' }],
  });
  await play(given, async ({ memberships, orgId, handle }) => {
    await memberships.refresh(orgId);
    await handle.result();
    expect(given.asked).toEqual(['readMembership', 'refreshMembership', 'mintMembershipReceipts']);
  });
  const timed = stage({
    readMembership: [null],
    applyForMembership: [{ state: 'past_due', deadline }],
    refreshMembership: [{ state: 'lapsed' }],
  });
  await play(timed, async ({ memberships, orgId, handle }) => {
    await memberships.give('apply', { orgId, commandId: 'c' });
    await handle.result();
    expect(timed.asked).toContain('refreshMembership');
  });
});

test('many events at once are one reading or two, never one each', async () => {
  const given = stage({ readMembership: [{ state: 'active' }], refreshMembership: [{ state: 'active' }] });
  await play(given, async ({ memberships, orgId, handle }) => {
    await Promise.all(Array.from({ length: 30 }, () => memberships.refresh(orgId)));
    await eventually('a reading', 10_000, () =>
      given.asked.includes('refreshMembership') ? Promise.resolve() : Promise.reject(new Error('not yet')),
    );
    expect(given.asked.filter((name) => name === 'refreshMembership').length).toBeLessThan(10);
    await handle.terminate();
  });
});

test('a signal about an organization without a membership opens and closes a workflow, and nothing stays', async () => {
  const given = stage({ readMembership: [null], refreshMembership: [null] });
  await play(given, async ({ memberships, orgId, handle }) => {
    await memberships.refresh(orgId);
    await handle.result();
    await memberships.refresh(orgId);
    await handle.result();
    expect(given.asked.filter((name) => name === 'readMembership').length).toBeGreaterThan(1);
  });
});

test('a checkout that finds Stripe away is done once it is back, and a refused one reads Stripe', async () => {
  const given = stage({
    readMembership: [{ state: 'approved' }],
    openCheckout: [new Error('429'), new Error('500'), { state: 'checkout_pending' }],
  });
  await play(given, async ({ memberships, orgId, handle }) => {
    expect(await memberships.give('open_checkout', { orgId, commandId: 'c' })).toBe('done');
    expect(given.asked.filter((name) => name === 'openCheckout')).toHaveLength(3);
    await handle.terminate();
  });
  const refused = stage({
    readMembership: [{ state: 'rejected' }],
    openCheckout: [ApplicationFailure.nonRetryable('no', 'not_a_member_yet')],
    refreshMembership: [{ state: 'rejected' }],
  });
  await play(refused, async ({ memberships, orgId, handle }) => {
    await expect(memberships.give('open_checkout', { orgId, commandId: 'c' })).rejects.toMatchObject({
      code: 'not_a_member_yet',
    });
    await handle.result();
    expect(refused.asked).toContain('refreshMembership');
  });
});

test('a decision about somebody known at Stripe is carried out there', async () => {
  const given = stage({
    readMembership: [{ state: 'checkout_pending' }],
    rejectMembership: [{ state: 'rejected', isBilled: true }],
    refreshMembership: [{ state: 'rejected' }],
  });
  await play(given, async ({ memberships, orgId, handle }) => {
    await memberships.give('reject', { orgId, commandId: 'c' });
    await handle.result();
    expect(given.asked.filter((name) => name !== 'readMembership')).toEqual(['rejectMembership', 'refreshMembership']);
  });
});
