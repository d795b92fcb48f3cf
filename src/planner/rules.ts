export const verdicts = ['fits', 'tight', 'needs_change', 'no_fit', 'unsupported'] as const;
export type Verdict = (typeof verdicts)[number];

/** Room that a plan should leave, whatever the error band says. */
const LEAST_MARGIN = 0.1;

/** What decides a verdict: bytes of one GPU, and whether everything else that was asked for is met. */
export interface Judged {
  readonly supported: boolean;
  readonly neededBytes: number;
  readonly usableBytes: number;
  /** Upper end of the error band as a factor of the estimate. */
  readonly upperFactor: number;
  readonly targetsMet: boolean;
}

/** Whether the estimate fits, and whether it still does at the upper end of its band. */
export function roomOf({ neededBytes, usableBytes, upperFactor }: Judged): 'fits' | 'tight' | 'none' {
  if (neededBytes > usableBytes) return 'none';
  return neededBytes * Math.max(1 + LEAST_MARGIN, upperFactor) <= usableBytes ? 'fits' : 'tight';
}

/** A plan that can be used as it is. */
export const isUsable = (judged: Judged): boolean => judged.supported && judged.targetsMet && roomOf(judged) !== 'none';

/** The verdict; `cured` says that some single change makes the plan usable. */
export function verdictOf(judged: Judged, cured: boolean): Verdict {
  if (!judged.supported) return 'unsupported';
  const room = roomOf(judged);
  if (room === 'none' || !judged.targetsMet) return cured ? 'needs_change' : 'no_fit';
  return room;
}
