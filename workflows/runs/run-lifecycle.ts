import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ApprovalActivities } from '../../activities/approvals.js';
import type { CheckActivities } from '../../activities/checks/audit.js';
import type { GradingActivities } from '../../activities/checks/grade.js';
import type { WaiverActivities } from '../../activities/checks/waive.js';
import type { EvidenceActivities } from '../../activities/evidence.js';
import type { ReceiptActivities } from '../../activities/receipts.js';
import type { RunActivities, RunRef } from '../../activities/runs.js';
import type { ShareActivities } from '../../activities/shares.js';
import type { SubmissionActivities } from '../../activities/submissions.js';
import type { RunCommandRef, RunSnapshot } from '../../src/runs/apply.js';
import {
  commandNames,
  isTerminal,
  mayHappen,
  runEvents,
  whyNot,
  type RunEvent,
  type RunState,
} from '../../src/runs/rules.js';
import { databaseProfile, pdfProfile, quickProfile, storageProfile } from '../profiles.js';
import { rethrowRefusal } from '../refusals.js';
import { trackRun, type RunTracker } from './run-tracker.js';

type Commands = RunActivities &
  EvidenceActivities &
  SubmissionActivities &
  CheckActivities &
  GradingActivities &
  WaiverActivities &
  ApprovalActivities &
  ReceiptActivities;

const quick = proxyLocalActivities<Commands>(quickProfile);
const durable = proxyActivities<Commands>(databaseProfile);
const thorough = proxyActivities<Commands>(storageProfile);

export interface RunLifecycleInput extends RunRef {
  readonly pdfQueue: string;
  /** False for a new run, whose first update opens it; true when the row is there already. */
  readonly resume: boolean;
}
export interface RunLifecycleResult {
  readonly state: RunState;
}

const openUpdate = defineUpdate<RunSnapshot, [RunCommandRef]>('open');
const stateQuery = defineQuery<RunSnapshot | null>('state');

/** Keeps what is owed to one run: its commands one by one, reminders, expiry, and the PDF of its receipt. */
export async function runLifecycle(input: RunLifecycleInput): Promise<RunLifecycleResult> {
  const ref: RunRef = { orgId: input.orgId, runId: input.runId };
  const tracker = trackRun();
  const absent = { is: false };
  setHandler(stateQuery, () => tracker.current);
  setHandler(openUpdate, async (command) => {
    try {
      return tracker.adopt(await first('openRun', command), 'open');
    } catch (error) {
      absent.is = tracker.current === null;
      throw error;
    }
  });
  for (const event of runEvents) handleCommand(event, ref, tracker);

  if (input.resume) {
    const found = await durable.readRun(ref);
    if (found) tracker.adopt(found, 'resume');
    else absent.is = true;
  }
  const over = (): boolean => absent.is || (tracker.current !== null && isTerminal(tracker.current.state));
  while (!over()) {
    await condition(() => over() || tracker.isDue() || workflowInfo().continueAsNewSuggested);
    if (tracker.isDue()) {
      tracker.takeDue();
      tracker.adopt(await durable.actOnDeadline(ref), 'deadline');
    } else if (!over()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof runLifecycle>({ ...input, resume: true });
    }
  }
  await condition(allHandlersFinished);
  const state = tracker.current?.state ?? 'cancelled';
  if (state === 'receipted') {
    await proxyActivities<ShareActivities>({ ...pdfProfile, taskQueue: input.pdfQueue }).renderReceiptPdf(ref);
  }
  return { state };
}

/** These read the stored evidence again, which may be large. */
const readsEvidence: readonly RunEvent[] = ['audit', 'run_checks', 'mint'];

/** One update per event; its validator asks the same table as the transaction, and refuses without a trace. */
function handleCommand(event: RunEvent, ref: RunRef, tracker: RunTracker): void {
  setHandler(
    defineUpdate<RunSnapshot, [RunCommandRef]>(commandNames[event]),
    async (command) => {
      const fallback = readsEvidence.includes(event) ? thorough : durable;
      const next = tracker.adopt(await first(commandNames[event], command, fallback), event);
      if (event === 'mint') await included(ref);
      return next;
    },
    {
      validator: (_command) => {
        refuseImpossible(tracker.current?.state, event);
      },
    },
  );
}

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

/** Waits for the ledger entry in the same task, which is mostly enough, or else as long as it takes. */
async function included(ref: RunRef): Promise<void> {
  try {
    await quick.awaitInclusion(ref);
  } catch {
    await durable.awaitInclusion(ref);
  }
}
