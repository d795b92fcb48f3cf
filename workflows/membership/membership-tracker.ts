import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, sleep, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import type { MembershipSnapshot } from '../../src/membership/settle.js';

const stateAttribute = defineSearchAttributeKey(searchAttributes.state.name, searchAttributes.state.kind);
const deadlineAttribute = defineSearchAttributeKey(searchAttributes.deadline.name, searchAttributes.deadline.kind);
const STORY_LINES = 40;
/** A deadline that has passed without effect, since Stripe is later than we are, is looked at again after this. */
const AGAIN_MS = 60_000;

/** What a workflow knows of its membership, whether Stripe is to be read, and the one timer towards its next deadline. */
export interface MembershipTracker {
  readonly current: MembershipSnapshot | null;
  /** Asks for a reading; several wishes before it are one. */
  want(): void;
  isWanted(): boolean;
  takeWanted(): void;
  /** Takes over a newer snapshot; an older one, from a command that was overtaken, changes nothing. */
  adopt(next: MembershipSnapshot | null, by: string): void;
}

export function trackMembership(): MembershipTracker {
  let current: MembershipSnapshot | null = null;
  let armedFor: number | undefined;
  let wanted = false;
  const story: string[] = [];
  const arm = ({ deadline, now }: MembershipSnapshot): void => {
    if (!deadline || (armedFor !== undefined && armedFor <= deadline.at)) return;
    const { at, kind } = deadline;
    armedFor = at;
    void sleep(at > now ? at - now : AGAIN_MS, { summary: kind }).then(() => {
      if (armedFor !== at) return;
      armedFor = undefined;
      wanted = true;
    });
  };
  return {
    get current() {
      return current;
    },
    want() {
      wanted = true;
    },
    isWanted: () => wanted,
    takeWanted() {
      wanted = false;
    },
    adopt(next, by) {
      if (!next || (current && next.version < current.version)) return;
      if (current?.state !== next.state) tell(next, by, story);
      current = next;
      arm(next);
    },
  };
}

function tell({ state, deadline, now }: MembershipSnapshot, by: string, story: string[]): void {
  upsertSearchAttributes([
    { key: stateAttribute, value: state },
    { key: deadlineAttribute, value: deadline ? new Date(deadline.at) : null },
  ]);
  story.push(`- ${new Date(now).toISOString()} ${by.replaceAll('_', ' ')} → **${state}**`);
  const next = deadline ? `, ${deadline.kind} due ${new Date(deadline.at).toISOString()}` : '';
  setCurrentDetails([`State: **${state}**${next}`, ...story.slice(-STORY_LINES)].join('\n\n'));
}
