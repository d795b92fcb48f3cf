import { Decimal } from 'decimal.js';
import type { Budget } from './budget.js';
import { isList, isObject, type Value } from './value.js';

/** Measured in steps, as powers of two: what an operation takes beside the step of its node. */
const steps: Readonly<Record<string, number>> = { '*': 1, '/': 16, '%': 64 };
const WHOLE_POWER_STEPS = 64;
const POWER_STEPS = 1024;
export const DIVISION_STEPS = 16;
export const ROOT_STEPS = 64;
export const INSTANT_STEPS = 4;

/** Words of seven digits; a literal may have hundreds of them, a result has six. */
const words = (value: Decimal): number => (value.isFinite() ? value.d.length : 1);

/** An operator on two values. Long numbers cost by the square of their length; texts are compared at memory speed. */
export function costOfOperator(operator: string, left: Value, right: Value): number {
  if (isList(right)) return costOf(right) + right.length * costOfOne(left);
  if (typeof left === 'string') return left.length >> 9;
  if (!(left instanceof Decimal) || !(right instanceof Decimal)) return 0;
  const longest = Math.max(words(left), words(right));
  const size = 1 + ((longest * longest) >> 6);
  return (operator === '**' ? costOfPower(right) : (steps[operator] ?? 0)) * size + (size - 1);
}

const costOfPower = (exponent: Decimal): number => (exponent.isInteger() ? WHOLE_POWER_STEPS : POWER_STEPS);

/** Making a number of the inputs exact: digits behind the point are read from its text. */
export const costOfNumber = (value: number): number => (Number.isInteger(value) && Math.abs(value) < 1e7 ? 0 : 3);

/** Reading a literal, each time anew. */
export const costOfLiteral = (raw: string): number => raw.length >> 3;

/** A value read once by a function: a list with its items, but not what is inside of these. */
export function costOf(value: Value): number {
  return isList(value) ? value.reduce<number>((sum, item) => sum + 1 + costOfOne(item), 0) : costOfOne(value);
}

function costOfOne(value: unknown): number {
  if (typeof value === 'number') return costOfNumber(value);
  if (typeof value === 'string') return value.length >> 7;
  return value instanceof Decimal ? words(value) >> 4 : 0;
}

/** Charges a value with everything inside of it, and stops where the budget does, however often a part is shared. */
export function chargeWhole(value: unknown, budget: Budget): void {
  budget.charge(1 + (typeof value === 'string' ? value.length >> 5 : costOfOne(value)));
  if (isList(value)) for (const item of value) chargeWhole(item, budget);
  if (!isObject(value)) return;
  for (const [key, field] of Object.entries(value)) {
    budget.charge(key.length >> 5);
    chargeWhole(field, budget);
  }
}
