import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, sleep, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import type { RunSnapshot } from '../../src/runs/apply.js';

const stateAttribute = defineSearchAttributeKey(searchAttributes.state.name, searchAttributes.state.kind);
const deadlineAttribute = defineSearchAttributeKey(searchAttributes.deadline.name, searchAttributes.deadline.kind);
/** Story lines kept for the Temporal UI. */
const STORY_LINES = 40;

/** What a workflow knows of its run, and the one timer towards its next deadline. */
export interface RunTracker {
  readonly current: RunSnapshot | null;
  /** True once a deadline has come; reading it takes it. */
  isDue(): boolean;
  takeDue(): void;
  /** Takes over a newer snapshot; an older one, from a command that was overtaken, is passed through. */
  adopt(next: RunSnapshot, by: string): RunSnapshot;
}

export function trackRun(): RunTracker {
  let current: RunSnapshot | null = null;
  let armedFor: number | undefined;
  let due = false;
  const story: string[] = [];
  // A timer that fires early is cheaper than one cancelled at every change: what is due is asked of Postgres then.
  const arm = ({ deadline, now }: RunSnapshot): void => {
    if (!deadline || (armedFor !== undefined && armedFor <= deadline.at)) return;
    const { at, kind } = deadline;
    armedFor = at;
    void sleep(Math.max(1, at - now), { summary: kind }).then(() => {
      if (armedFor !== at) return;
      armedFor = undefined;
      due = true;
    });
  };
  return {
    get current() {
      return current;
    },
    isDue: () => due,
    takeDue() {
      due = false;
    },
    adopt(next, by) {
      if (current && next.version < current.version) return next;
      if (current?.state !== next.state) tell(next, by, story);
      current = next;
      arm(next);
      return next;
    },
  };
}

/** What an admin reads in the Temporal UI: search attributes on a change of state, and the run's story. */
function tell({ state, deadline, now }: RunSnapshot, by: string, story: string[]): void {
  upsertSearchAttributes([
    { key: stateAttribute, value: state },
    { key: deadlineAttribute, value: deadline ? new Date(deadline.at) : null },
  ]);
  story.push(`- ${new Date(now).toISOString()} ${by.replaceAll('_', ' ')} → **${state}**`);
  const next = deadline ? `, ${deadline.kind} due ${new Date(deadline.at).toISOString()}` : '';
  setCurrentDetails([`State: **${state}**${next}`, ...story.slice(-STORY_LINES)].join('\n\n'));
}
