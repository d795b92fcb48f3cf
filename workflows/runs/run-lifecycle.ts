import {
  ActivityFailure, allHandlersFinished, ApplicationFailure, condition, continueAsNew, defineQuery, defineUpdate, proxyActivities, proxyLocalActivities,
  setCurrentDetails, setHandler, sleep, upsertSearchAttributes, workflowInfo,
} from '@temporalio/workflow';
import type { ApprovalActivities } from '../../activities/approvals.js';
import type { CheckActivities } from '../../activities/checks/audit.js';
import type { GradingActivities } from '../../activities/checks/grade.js';
import type { EvidenceActivities } from '../../activities/evidence.js';
import type { ReceiptActivities } from '../../activities/receipts.js';
import type { RunActivities } from '../../activities/runs.js';
import type { ShareActivities } from '../../activities/shares.js';
import type { SubmissionActivities } from '../../activities/submissions.js';
import { defineSearchAttributeKey } from '@temporalio/common';
import { isRefusalCode } from '../../src/kernel/refusals.js';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import type { RunCommandRef, RunSnapshot } from '../../src/runs/apply.js';
import { commandNames, isTerminal, mayHappen, runEvents, whyNot, type RunEvent, type RunState } from '../../src/runs/rules.js';
import { databaseProfile, pdfProfile, quickProfile, storageProfile } from '../profiles.js';

type Commands = RunActivities & EvidenceActivities & SubmissionActivities & CheckActivities & GradingActivities & ApprovalActivities & ReceiptActivities;

const stateAttribute = defineSearchAttributeKey(searchAttributes.state.name, searchAttributes.state.kind);
const deadlineAttribute = defineSearchAttributeKey(searchAttributes.deadline.name, searchAttributes.deadline.kind);

const quick = proxyLocalActivities<Commands>(quickProfile);
const durable = proxyActivities<Commands>(databaseProfile);
const thorough = proxyActivities<Commands>(storageProfile);

/** Story lines kept for the Temporal UI. */
const STORY_LINES = 40;

export interface RunLifecycleInput {
  readonly orgId: string;
  readonly runId: string;
  readonly pdfQueue: string;
  /** False for a new run, whose first update opens it; true when the row is there already. */
  readonly resume: boolean;
}
export interface RunLifecycleResult {
  readonly state: RunState;
}

export const openUpdate = defineUpdate<RunSnapshot, [RunCommandRef]>('open');
export const stateQuery = defineQuery<RunSnapshot | null>('state');

/** Keeps what is owed to one run: its commands one by one, reminders, expiry, and the PDF of its receipt. */
export async function runLifecycle(input: RunLifecycleInput): Promise<RunLifecycleResult> {
  const { orgId, runId } = input;
  const ref = { orgId, runId };
  let current: RunSnapshot | null = null;
  let refusedToOpen = false;
  let armedFor: number | undefined;
  let due = false;
  const story: string[] = [];

  const adopt = (next: RunSnapshot, by: string): RunSnapshot => {
    if (current && next.version < current.version) return next;
    const changed = current?.state !== next.state;
    current = next;
    if (changed) tell(next, by, story);
    arm(next);
    return next;
  };
  const arm = ({ deadline, now }: RunSnapshot): void => {
    if (!deadline || (armedFor !== undefined && armedFor <= deadline.at)) return;
    armedFor = deadline.at;
    void sleep(Math.max(1, deadline.at - now), { summary: deadline.kind }).then(() => {
      if (armedFor !== deadline.at) return;
      armedFor = undefined;
      due = true;
    });
  };

  setHandler(stateQuery, () => current);
  setHandler(openUpdate, async (command) => {
    try {
      return adopt(await first('openRun', command), 'open');
    } catch (error) {
      refusedToOpen = current === null;
      throw error;
    }
  });
  for (const event of runEvents) {
    setHandler(
      defineUpdate<RunSnapshot, [RunCommandRef]>(commandNames[event]),
      async (command) => {
        const next = adopt(await perform(event, command), event);
        if (event === 'mint') await included(ref);
        return next;
      },
      { validator: (_command) => { refuseImpossible(current?.state, event); } },
    );
  }

  if (input.resume) {
    const found = await durable.readRun(ref);
    if (found) adopt(found, 'resume');
    else refusedToOpen = true;
  }
  await condition(() => current !== null || refusedToOpen);
  while (!over(current)) {
    if (refusedToOpen) break;
    await condition(() => due || over(current) || refusedToOpen || workflowInfo().continueAsNewSuggested);
    if (due) {
      due = false;
      adopt(await durable.actOnDeadline(ref), 'deadline');
    } else if (!over(current) && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof runLifecycle>({ ...input, resume: true });
    }
  }
  const state = stateOf(current);
  await condition(allHandlersFinished);
  if (state === 'receipted') {
    await proxyActivities<ShareActivities>({ ...pdfProfile, taskQueue: input.pdfQueue }).renderReceiptPdf(ref);
  }
  return { state };
}

const over = (snapshot: RunSnapshot | null): boolean => snapshot !== null && isTerminal(snapshot.state);
const stateOf = (snapshot: RunSnapshot | null): RunState => snapshot?.state ?? 'cancelled';

/** Refuses without a trace in the history what the run's state makes impossible. */
function refuseImpossible(state: RunState | undefined, event: RunEvent): void {
  if (state === undefined) return;
  const verdict = mayHappen(state, event);
  if (verdict.ok) return;
  const details = { current_state: verdict.current, allowed: verdict.allowed };
  throw ApplicationFailure.nonRetryable(whyNot(event, state), verdict.because, details);
}

type Command = 'openRun' | (typeof commandNames)[RunEvent];

/** First inside the workflow task; what is no refusal goes on as a durable activity, so that an accepted command is never lost. */
async function first(name: Command, command: RunCommandRef, fallback = durable): Promise<RunSnapshot> {
  try {
    return await quick[name](command);
  } catch (error) {
    rethrowRefusal(error);
  }
  try {
    return await fallback[name](command);
  } catch (error) {
    rethrowRefusal(error);
    throw error;
  }
}

const perform = (event: RunEvent, command: RunCommandRef): Promise<RunSnapshot> =>
  first(commandNames[event], command, event === 'audit' || event === 'run_checks' ? thorough : durable);

/** Waits for the ledger entry in the same task, which is mostly enough, or else as long as it takes. */
async function included(ref: { orgId: string; runId: string }): Promise<void> {
  try {
    await quick.awaitInclusion(ref);
  } catch {
    await durable.awaitInclusion(ref);
  }
}

function rethrowRefusal(error: unknown): void {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.nonRetryable === true && isRefusalCode(cause.type)) throw cause;
}

/** What an admin reads in the Temporal UI: search attributes on a change of state, and the run's story. */
function tell({ state, deadline, now }: RunSnapshot, by: string, story: string[]): void {
  upsertSearchAttributes([
    { key: stateAttribute, value: state },
    { key: deadlineAttribute, value: deadline ? new Date(deadline.at) : null },
  ]);
  story.push(`- ${new Date(now).toISOString()} ${by.replaceAll('_', ' ')} → **${state}**`);
  setCurrentDetails([`State: **${state}**${deadline ? `, ${deadline.kind} due ${new Date(deadline.at).toISOString()}` : ''}`, ...story.slice(-STORY_LINES)].join('\n\n'));
}
