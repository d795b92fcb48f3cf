import { Decimal } from 'decimal.js';
import type { FlightSheet, Severity } from '../flight-sheets/schema.js';
import { StepsSpent, type Budget } from './expression/budget.js';
import { evaluateExpression } from './expression/evaluate.js';
import { Exact } from './expression/value.js';
import { flag, pass, type Finding } from './finding.js';
import type { Calculation } from './frozen.js';

/** Computes an expression over named numbers and lists; the language is that of rules, the result is one number. */
export function compute(expression: string, inputs: Calculation['inputs'], budget?: Budget): Decimal {
  const value = evaluateExpression(expression, inputs, budget);
  if (!(value instanceof Decimal)) throw new Error('the expression gives no number');
  if (!value.isFinite()) throw new Error('the expression gives no finite number');
  return value;
}

interface Outcome {
  readonly severity: Severity | 'none';
  readonly text: string;
  readonly claimed: string;
  readonly derived: string;
  readonly delta: string;
}
const rank: readonly Outcome['severity'][] = ['none', 'info', 'minor', 'major', 'critical'];

/**
 * MTH-001: every calculation again from its own inputs; the largest relative error decides how grave it is. All draw
 * on one budget: where it does not suffice, the rule says so as a whole, since it has not seen them all.
 */
export function checkMath(
  calculations: readonly Calculation[],
  tolerance: FlightSheet['tolerance'],
  budget: Budget,
): Finding {
  const outcomes = calculations.map((calculation, i) => {
    const outcome = compare(calculation, tolerance, budget);
    if (outcome instanceof StepsSpent)
      throw new Error(`${outcome.message}, stopped at number ${String(i + 1)} of ${String(calculations.length)}`);
    return { i, ...outcome };
  });
  const worst = outcomes.reduce((a, b) => (rank.indexOf(b.severity) > rank.indexOf(a.severity) ? b : a));
  const wrong = outcomes.filter(({ severity }) => severity !== 'none');
  if (worst.severity === 'none') {
    return pass(outcomes.map(({ text }) => text).join('; '), `${String(outcomes.length)} equal`);
  }
  return flag(
    wrong.map(({ text }) => text).join('; '),
    wrong.length === 1 ? worst.claimed : `${String(wrong.length)} of ${String(outcomes.length)} differ`,
    wrong.length === 1 ? worst.derived : 'every calculation as claimed',
    {
      severity: worst.severity,
      difference: worst.delta,
      pointers: wrong.map(({ i }) => `/submission/calculations/${String(i)}`),
    },
  );
}

function compare(
  { name, expression, inputs, claimed }: Calculation,
  tolerance: FlightSheet['tolerance'],
  budget: Budget,
): Outcome | StepsSpent {
  try {
    const derived = compute(expression, inputs, budget);
    const delta = new Exact(claimed).minus(derived).abs();
    const relative = derived.isZero() ? new Exact(delta.isZero() ? 0 : 1) : delta.div(derived.abs());
    const severity = delta.lte(tolerance.absolute_floor) ? 'none' : bandOf(relative, tolerance);
    const percent = relative.times(100).toSignificantDigits(3).toString();
    const shown = derived.toSignificantDigits(12).toString();
    const text = `${name}: claimed ${String(claimed)}, derived ${shown}, off by ${percent} %`;
    const off = `${delta.toSignificantDigits(12).toString()} (${percent} %)`;
    return { severity, text, claimed: String(claimed), derived: shown, delta: off };
  } catch (error) {
    if (error instanceof StepsSpent) return error;
    const reason = error instanceof Error ? error.message : 'not computable';
    const text = `${name}: ${reason}`;
    return { severity: 'critical', text, claimed: String(claimed), derived: 'not computable', delta: reason };
  }
}

/** Contiguous bands: (…pass] (pass…info] (info…major) [major…). */
function bandOf(relative: Decimal, { pass: passes, info, major }: FlightSheet['tolerance']): Outcome['severity'] {
  if (relative.lte(passes)) return 'none';
  if (relative.lte(info)) return 'info';
  return relative.lt(major) ? 'major' : 'critical';
}
