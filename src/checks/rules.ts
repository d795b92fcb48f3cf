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

/**
 * The verdict of an audit. Grounded: an open check, an error, or a critical or major flag that nobody waived.
 * Conditional: only waived flags or minor ones. Cleared: none of these. The score never decides.
 */
export function verdictOf(checks: readonly CheckOutcome[]): Verdict {
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
  const grounds = groundsOf(checks, applicable.length);
  if (grounds.length > 0) return { outcome: 'grounded', because: grounds, score, counts };
  const minor = checks.some(({ status, severity }) => status === 'flag' && severity === 'minor');
  const conditions = [...(counts.waived > 0 ? ['waived_flags'] : []), ...(minor ? ['minor_flags'] : [])];
  return { outcome: conditions.length > 0 ? 'conditional' : 'cleared', because: conditions, score, counts };
}

function groundsOf(checks: readonly CheckOutcome[], applicable: number): readonly string[] {
  if (applicable === 0) return ['no_applicable_rules'];
  const flagged = (severity: CheckOutcome['severity']): boolean =>
    checks.some((check) => check.status === 'flag' && check.severity === severity);
  return [
    ...(checks.some(({ status }) => status === 'open') ? ['open_checks'] : []),
    ...(checks.some(({ status }) => status === 'error') ? ['engine_errors'] : []),
    ...(flagged('critical') ? ['critical_flags'] : []),
    ...(flagged('major') ? ['major_flags'] : []),
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
