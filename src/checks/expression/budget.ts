import { RE2JS } from 're2js';
import { LRUCache } from 'lru-cache';

/** Steps all expressions of one kind may take together in one audit: a second or two of one core. */
const MAX_SHARED_STEPS = 2_000_000;
const MAX_PATTERN_CHARACTERS = 200;
/** What a new pattern takes beside its instructions. */
const PATTERN_STEPS = 16;

/** Expressions that share a budget have used it up: the audit goes on, none of them does. */
export class StepsSpent extends Error {
  override readonly name = 'StepsSpent';
}

/**
 * The work that some expressions may do together, counted in steps of about the same time: a step and not a
 * millisecond, so that every machine stops at the same place. Once it is used up, every further charge is refused.
 */
export class Budget {
  readonly what: string;
  readonly limit: number;
  spent = 0;
  /** Kept per budget, so that what a pattern is charged does not depend on other audits. */
  private readonly patterns = new LRUCache<string, RE2JS>({ max: 32 });

  constructor(what: string, limit = MAX_SHARED_STEPS) {
    this.what = what;
    this.limit = limit;
  }

  charge(steps: number): void {
    this.spent += steps;
    if (this.spent > this.limit) {
      throw new StepsSpent(`${this.what} take more than ${String(this.limit)} steps together`);
    }
  }

  /** A pattern, charged when it is new. Its size is known only then: one pattern may go over the limit. */
  pattern(text: string): RE2JS {
    if (text.length > MAX_PATTERN_CHARACTERS) throw new Error('a pattern is too long');
    const known = this.patterns.get(text);
    if (known) return known;
    const compiled = RE2JS.compile(text);
    this.charge(PATTERN_STEPS + 2 * compiled.programSize());
    this.patterns.set(text, compiled);
    return compiled;
  }
}
