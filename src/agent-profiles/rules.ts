export const profileStates = ['draft', 'active', 'paused', 'locked', 'retired'] as const;
export type ProfileState = (typeof profileStates)[number];

/**
 * Where a write may take a profile. Out of locked leads only the unlocking by a person, which is no write of a state; a
 * retired one stays what it is.
 */
const moves: Readonly<Record<ProfileState, readonly ProfileState[]>> = {
  draft: ['active', 'retired'],
  active: ['paused', 'locked', 'retired'],
  paused: ['active', 'locked', 'retired'],
  locked: ['retired'],
  retired: [],
};
export const allowedStates = (state: ProfileState): readonly ProfileState[] => moves[state];

/** What one run of an agent came to, newest first in a list. */
export interface LaneVerdict {
  readonly lane: string;
  readonly outcome: 'cleared' | 'conditional' | 'grounded';
}

/** Of the last verdicts in a lane so many count; fewer than the least earn nothing. */
const LAST = 10;
const LEAST = 3;
const CLEARED_SHARE = 0.8;

/**
 * The lanes an agent has earned: of its last ten verdicts there, at least three of them, four fifths are cleared and the
 * newest is not grounded.
 */
export function earnedLanes(newestFirst: readonly LaneVerdict[]): readonly string[] {
  const lanes = [...new Set(newestFirst.map(({ lane }) => lane))].sort();
  return lanes.filter((lane) => {
    const last = newestFirst.filter((verdict) => verdict.lane === lane).slice(0, LAST);
    const cleared = last.filter(({ outcome }) => outcome === 'cleared').length;
    return last.length >= LEAST && cleared / last.length >= CLEARED_SHARE && last[0]?.outcome !== 'grounded';
  });
}
