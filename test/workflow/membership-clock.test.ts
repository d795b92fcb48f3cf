import { afterAll, beforeAll, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import pino from 'pino';
import { findTestServer } from '../../scripts/stack/temporal-test-server.js';
import { noFacts, standingOf, type BillingFacts, type Decisions } from '../../src/billing/rules.js';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import { createMembershipDurable, membershipWorkflowId } from '../../src/membership/durable.js';
import { isDormant, nextDeadline, remindersDue, waitOf, waitRemindersDue } from '../../src/membership/rules.js';
import type { MembershipSnapshot } from '../../src/membership/settle.js';
import { installRuntime } from '../../workers/compose.js';
import { fromRunner } from '../rig/environment.js';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  installRuntime(pino({ level: 'silent' }));
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: findTestServer() } },
  });
  const { INDEXED_VALUE_TYPE_KEYWORD: KEYWORD, INDEXED_VALUE_TYPE_DATETIME: DATETIME } =
    proto.temporal.api.enums.v1.IndexedValueType;
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.client.options.namespace,
    searchAttributes: Object.fromEntries(
      Object.values(searchAttributes).map(({ name, kind }) => [name, kind === 'KEYWORD' ? KEYWORD : DATETIME]),
    ),
  });
});
afterAll(() => environment.teardown());

/** Activities that keep one membership in memory by the rules, and by the clock of the server that skips. */
function keep(start: number, decision: Decisions['decision'], facts: BillingFacts) {
  const decisions: Decisions = { decision, compedUntil: null, isSuspended: false, wasMember: facts !== noFacts };
  const story: string[] = [];
  let version = 0;
  let reminders = 0;
  let ended: Decisions['decision'] | undefined;
  let told = '';
  const refresh = async (): Promise<MembershipSnapshot> => {
    const now = await environment.currentTimeMs();
    const day = Math.round((now - start) / DAY_MS);
    const stand = () => standingOf({ ...decisions, decision: ended ?? decision }, facts, now);
    const waitFor = () => waitOf(stand().state, { submittedAt: start, decidedAt: start }, null);
    const wait = waitFor();
    if (wait && now >= wait.overAt) ended = 'expired';
    const { state, because, periodEnd } = stand();
    const due =
      wait && !ended
        ? waitRemindersDue(wait, now)
        : state === 'active' && periodEnd !== null
          ? remindersDue(periodEnd, now)
          : reminders;
    for (; reminders < due; reminders += 1) story.push(`day ${String(day)}: reminder`);
    if (told !== because) story.push(`day ${String(day)}: ${state} ${because}`);
    told = because;
    version += 1;
    const given = { reminders, compedUntil: null, checkoutExpiresAt: null, wait: waitFor() };
    const deadline = nextDeadline({ state, periodEnd }, given);
    return { state, version, now, deadline, owed: 0, isBilled: true, isDormant: isDormant(state) };
  };
  return { story, activities: { readMembership: refresh, refreshMembership: refresh } };
}

/** Lets the workflow run to its end, however long that takes by its own clock. */
async function live(
  decision: Decisions['decision'],
  factsAt: (start: number) => BillingFacts,
): Promise<readonly string[]> {
  const start = await environment.currentTimeMs();
  const { story, activities } = keep(start, decision, factsAt(start));
  const queue = `clock-${String(start)}`;
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: queue,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities,
  });
  await worker.runUntil(async () => {
    await createMembershipDurable(environment.client, { core: queue, pdf: queue }).refresh(queue);
    await environment.client.workflow.getHandle(membershipWorkflowId(queue)).result();
  });
  return story;
}

const paidYear = (start: number): BillingFacts => ({
  ...noFacts,
  customer: 'present',
  subscriptions: [{ id: 'sub_1', status: 'active', cancelAtPeriodEnd: false, createdAt: start, endedBecause: null }],
  periods: [{ subscriptionId: 'sub_1', start, end: start + YEAR_MS, payments: [] }],
});

test('a paid year ends with three reminders, the days of grace, and a lapse, without a word from Stripe', async () => {
  expect(await live('approved', paidYear)).toEqual([
    'day 0: active paid',
    'day 335: reminder',
    'day 358: reminder',
    'day 364: reminder',
    'day 365: past_due renewal_awaited',
    'day 372: lapsed renewal_missing',
  ]);
});

test('an application that nobody decides expires after ninety days', async () => {
  expect(await live('submitted', () => noFacts)).toEqual([
    'day 0: applied waiting_for_decision',
    'day 90: none application_expired',
  ]);
});

test('an approval that is not paid has two reminders and expires after sixty days', async () => {
  expect(await live('approved', () => noFacts)).toEqual([
    'day 0: approved application_approved',
    'day 3: reminder',
    'day 14: reminder',
    'day 60: none application_expired',
  ]);
});
