export interface CheckOutcome {
  readonly status: 'open' | 'pass' | 'flag' | 'skip' | 'error' | 'waived';
  readonly severity: 'critical' | 'major' | 'minor' | 'info';
}
export interface Verdict {
  readonly outcome: 'cleared' | 'conditional' | 'grounded';
  /** Why, in a word per cause; empty when cleared. */
  readonly because: readonly string[];
  /** Satisfied over applicable weight. Shown, never decisive. */
  readonly score: { readonly satisfied: number; readonly applicable: number };
  readonly counts: Readonly<Record<CheckOutcome['status'], number>>;
}

const weights: Readonly<Record<CheckOutcome['severity'], number>> = { critical: 5, major: 2, minor: 1, info: 0 };

/** Severities whose flags ground a run, whatever a sheet says. */
export const grounding = ['critical', 'major'] as const;

/**
 * The verdict of an audit. Grounded: an open check, an error, or a critical or major flag that nobody waived; of a
 * sheet that says so, a minor one too. Conditional: only waived flags or minor ones. Cleared: none of these. The
 * score never decides.
 */
export function verdictOf(
  checks: readonly CheckOutcome[],
  groundedOn: readonly CheckOutcome['severity'][] = grounding,
): Verdict {
  const count = (status: CheckOutcome['status']): number => checks.filter((check) => check.status === status).length;
  const counts = {
    open: count('open'),
    pass: count('pass'),
    flag: count('flag'),
    skip: count('skip'),
    error: count('error'),
    waived: count('waived'),
  };
  const applicable = checks.filter(({ status }) => status !== 'skip');
  const weight = (some: readonly CheckOutcome[]): number =>
    some.reduce((sum, { severity }) => sum + weights[severity], 0);
  const score = {
    satisfied: weight(applicable.filter(({ status }) => status === 'pass')),
    applicable: weight(applicable),
  };
  const grounds = groundsOf(checks, applicable.length, groundedOn);
  if (grounds.length > 0) return { outcome: 'grounded', because: grounds, score, counts };
  const minor = checks.some(({ status, severity }) => status === 'flag' && severity === 'minor');
  const conditions = [...(counts.waived > 0 ? ['waived_flags'] : []), ...(minor ? ['minor_flags'] : [])];
  return { outcome: conditions.length > 0 ? 'conditional' : 'cleared', because: conditions, score, counts };
}

function groundsOf(
  checks: readonly CheckOutcome[],
  applicable: number,
  groundedOn: readonly CheckOutcome['severity'][],
): readonly string[] {
  if (applicable === 0) return ['no_applicable_rules'];
  const flagged = (severity: CheckOutcome['severity']): boolean =>
    checks.some((check) => check.status === 'flag' && check.severity === severity);
  return [
    ...(checks.some(({ status }) => status === 'open') ? ['open_checks'] : []),
    ...(checks.some(({ status }) => status === 'error') ? ['engine_errors'] : []),
    ...(flagged('critical') ? ['critical_flags'] : []),
    ...(flagged('major') ? ['major_flags'] : []),
    ...(groundedOn.includes('minor') && flagged('minor') ? ['minor_flags'] : []),
  ];
}

export type ResponseSpec =
  | { readonly type: 'boolean' }
  | { readonly type: 'enum'; readonly options: readonly string[] }
  | { readonly type: 'number'; readonly unit?: string | undefined; readonly min: number; readonly max: number }
  | { readonly type: 'text'; readonly min_length: number };

/** What is wrong with an answer to a challenge; undefined when it is within what the rule declares. */
export function responseFault(spec: ResponseSpec, value: unknown): string | undefined {
  switch (spec.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'enum':
      return typeof value === 'string' && spec.options.includes(value)
        ? undefined
        : `must be one of: ${spec.options.join(', ')}`;
    case 'number':
      return typeof value === 'number' && value >= spec.min && value <= spec.max
        ? undefined
        : `must be a number from ${String(spec.min)} to ${String(spec.max)}`;
    case 'text':
      return typeof value === 'string' && value.trim().length >= spec.min_length
        ? undefined
        : `must be a text of at least ${String(spec.min_length)} characters`;
  }
}

export interface GradeGiven {
  readonly by: string;
  readonly status: 'pass' | 'flag';
}

/**
 * Where the standing grades of a rule leave it: open until enough distinct people have answered, a flag as soon as one
 * of them says so, and never better than what the engine found by itself.
 */
export function statusOfGrades(
  grades: readonly GradeGiven[],
  needed: number,
  engineStatus: string | null,
): 'open' | 'pass' | 'flag' {
  if (engineStatus !== null && engineStatus !== 'pass') return 'flag';
  if (grades.some(({ status }) => status === 'flag')) return 'flag';
  return new Set(grades.map(({ by }) => by)).size >= needed ? 'pass' : 'open';
}

/** A waiver ends after this many days at the latest. */
export const MAX_WAIVER_DAYS = 90;
const MIN_REASON_CHARACTERS = 10;
const DAY_MS = 86_400_000;

export interface WaiverCase {
  readonly status: CheckOutcome['status'];
  readonly killer: boolean;
  readonly reason: string;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
  readonly now: number;
}

/** Why a flag cannot be accepted so; undefined when it can. */
export function waiverFault(
  given: WaiverCase,
): { readonly code: 'killer_item' | 'not_waivable' | 'invalid_waiver'; readonly message: string } | undefined {
  if (given.killer) return { code: 'killer_item', message: 'This is a killer item of its sheet.' };
  if (given.status !== 'flag') return { code: 'not_waivable', message: `The check is ${given.status}, not a flag.` };
  if (given.reason.trim().length < MIN_REASON_CHARACTERS)
    return {
      code: 'invalid_waiver',
      message: `The reason has fewer than ${String(MIN_REASON_CHARACTERS)} characters.`,
    };
  if (given.expiresAt <= given.now) return { code: 'invalid_waiver', message: 'expires_at is in the past.' };
  if (given.expiresAt > given.now + MAX_WAIVER_DAYS * DAY_MS)
    return { code: 'invalid_waiver', message: `expires_at is more than ${String(MAX_WAIVER_DAYS)} days ahead.` };
  return undefined;
}

/** How many people must accept a flag. */
export const waiversNeeded = (severity: CheckOutcome['severity']): number => (severity === 'critical' ? 2 : 1);
