/** A runner that let this many leases run out takes no more cooks until an operator says so. */
export const LOST_LEASES_ALLOWED = 3;
/** A runner that was not heard of for so long is lost. */
const SILENT_MS = 120_000;

export const runnerStates = ['connected', 'busy', 'draining', 'lost', 'quarantined', 'revoked'] as const;
export type RunnerState = (typeof runnerStates)[number];

/** What a runner is to do next; every answer carries one, so that a silent job still hears of a cancellation. */
export const directives = ['continue', 'cancel', 'drain', 'checkpoint'] as const;
export type Directive = (typeof directives)[number];

export interface RunnerFacts {
  readonly revokedAt: Date | null;
  readonly quarantinedAt: Date | null;
  readonly draining: boolean;
  readonly lastSeenAt: Date;
  readonly liveLeases: number;
}

export function runnerState(runner: RunnerFacts, now: Date): RunnerState {
  if (runner.revokedAt) return 'revoked';
  if (runner.quarantinedAt) return 'quarantined';
  if (now.getTime() - runner.lastSeenAt.getTime() > SILENT_MS) return 'lost';
  if (runner.draining) return 'draining';
  return runner.liveLeases > 0 ? 'busy' : 'connected';
}

/** A cancellation goes before everything; a wish for a checkpoint before draining, which takes effect between cooks. */
export function directiveFor(given: {
  readonly cancelRequested: boolean;
  readonly checkpointRequested: boolean;
  readonly draining: boolean;
}): Directive {
  if (given.cancelRequested) return 'cancel';
  if (given.checkpointRequested) return 'checkpoint';
  return given.draining ? 'drain' : 'continue';
}

export type LogPlace =
  { readonly kind: 'next' } | { readonly kind: 'duplicate' } | { readonly kind: 'gap'; readonly expected: number };

/** Where a piece of a log stands to what is there: the next one, one that is there, or one that leaves a gap. */
export function placeOf(piece: { readonly offset: number; readonly size: number }, stored: number): LogPlace {
  if (piece.offset === stored) return { kind: 'next' };
  if (piece.offset + piece.size <= stored) return { kind: 'duplicate' };
  return { kind: 'gap', expected: stored };
}
