import type { Severity } from '../flight-sheets/schema.js';

/** What a rule found, exactly: where, what was there, what should be, and by how much they differ. */
export interface Finding {
  /** `open` only from closing rules, which wait for the human answers. */
  readonly status: 'pass' | 'flag' | 'skip' | 'error' | 'open';
  /** Set when the size of the fault decides how grave it is. */
  readonly severity?: Severity;
  readonly observed: string | null;
  readonly expected: string | null;
  readonly difference: string | null;
  readonly detail: string;
  /** RFC 6901 pointers into the frozen inputs. */
  readonly pointers: readonly string[];
  readonly evidence_ids: readonly string[];
}

/** Items named in a finding; more are counted, so that hostile input cannot make a finding large. */
export const NAMED = 20;
const MAX_DETAIL = 4000;

const blank = { observed: null, expected: null, difference: null, pointers: [], evidence_ids: [] };
const cut = (text: string): string => (text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text);

export const pass = (detail: string, observed: string | null = null): Finding => ({
  ...blank,
  status: 'pass',
  observed: observed === null ? null : cut(observed),
  detail: cut(detail),
});
export const skip = (detail: string): Finding => ({ ...blank, status: 'skip', detail: cut(detail) });
export const open = (detail: string): Finding => ({ ...blank, status: 'open', detail });
export const failed = (reason: string): Finding => ({
  ...blank,
  status: 'error',
  detail: cut(`The rule could not be evaluated: ${reason}.`),
});

/** A flag with what was observed and what was expected. */
export function flag(
  detail: string,
  observed: string,
  expected: string,
  more: {
    readonly severity?: Severity;
    readonly difference?: string;
    readonly pointers?: readonly string[];
    readonly evidence_ids?: readonly string[];
  } = {},
): Finding {
  const { severity, difference = null, pointers = [], evidence_ids = [] } = more;
  return {
    status: 'flag',
    ...(severity ? { severity } : {}),
    observed: cut(observed),
    expected: cut(expected),
    difference: difference === null ? null : cut(difference),
    detail: cut(detail),
    pointers: pointers.slice(0, NAMED),
    evidence_ids: [...new Set(evidence_ids)].slice(0, 100),
  };
}

/** "a, b, c and 4 more" */
export function listed(items: readonly string[]): string {
  const more = items.length - NAMED;
  return items.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

/** One step of an RFC 6901 pointer. */
export const step = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
