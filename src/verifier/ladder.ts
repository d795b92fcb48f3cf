import { exitCodes } from './fault.js';

/** One rung: what was asked, and whether it holds. */
export interface Rung {
  readonly name: string;
  readonly state: 'proven' | 'failed' | 'missing' | 'not_asked';
  readonly detail: string;
}
export const rung = (name: string, holds: boolean, detail: string): Rung => ({
  name,
  state: holds ? 'proven' : 'failed',
  detail,
});
export interface Report {
  readonly rungs: readonly Rung[];
  /** What no receipt of this kind proves, whatever held. */
  readonly notProven: readonly string[];
  /** What the receipt says, with the disclosed fields in place. */
  readonly receipt: Readonly<Record<string, unknown>> | undefined;
}

/** 0 when everything asked was proven, 1 when something is false, 3 when trust or a quorum is missing. */
export function exitCodeOf({ rungs }: Pick<Report, 'rungs'>): number {
  if (rungs.some(({ state }) => state === 'failed')) return exitCodes.invalid;
  return rungs.some(({ state }) => state === 'missing') ? exitCodes.untrusted : exitCodes.ok;
}

const marks = { proven: 'yes', failed: 'NO', missing: '?', not_asked: '-' } as const;

/** The ladder for people. Control characters of a receipt never reach the terminal. */
export function showReport(report: Report): string {
  const lines = report.rungs.map(({ name, state, detail }) => `  ${marks[state].padEnd(4)}${name.padEnd(34)}${detail}`);
  const limits = report.notProven.map((line) => `  -   ${line}`);
  const verdict = ['Verified.', 'NOT VALID.', '', 'Consistent, but not anchored in trust.'][exitCodeOf(report)] ?? '';
  return clean(['Proven:', ...lines, '', 'Not proven by this:', ...limits, '', verdict, ''].join('\n'));
}

const clean = (text: string): string => text.replaceAll(/[^\P{C}\n]/gu, '\uFFFD');
