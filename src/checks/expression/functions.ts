import { Decimal } from 'decimal.js';
import type { Budget } from './budget.js';
import { chargeWhole, DIVISION_STEPS, INSTANT_STEPS, ROOT_STEPS } from './cost.js';
import { includes } from './search.js';
import { asList, asNumber, asText, Exact, isList, isObject, kindOf, toValue, type Value } from './value.js';

/** The values were charged by their size already; what a function takes beyond that, it charges itself. */
type Apply = (args: readonly Value[], budget: Budget) => Value;
interface FunctionRow {
  readonly min: number;
  readonly max: number;
  readonly apply: Apply;
}

const MAX_DIGITS = 30;
const DAY_MS = 86_400_000;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$/;

/** Numbers given one by one or as one list. */
function numbers(args: readonly Value[]): readonly Decimal[] {
  return args.flatMap((arg) => (isList(arg) ? arg.map((item) => asNumber(toValue(item))) : [asNumber(arg)]));
}
const total = (values: readonly Decimal[]): Decimal => values.reduce((sum, value) => sum.plus(value), new Exact(0));
function some(values: readonly Decimal[]): readonly [Decimal, ...Decimal[]] {
  const [first, ...rest] = values;
  if (!first) throw new Error('a function was called on an empty list');
  return [first, ...rest];
}
function one(args: readonly Value[]): Value {
  const [value] = args;
  if (value === undefined) throw new Error('a function was called without a value');
  return value;
}
function two(args: readonly Value[]): readonly [Value, Value] {
  const [first, second] = args;
  if (first === undefined || second === undefined) throw new Error('a function needs two values');
  return [first, second];
}
const texts = (args: readonly Value[]): readonly [string, string] => {
  const [first, second] = two(args);
  return [asText(first), asText(second)];
};

function digitsOf(value: Value | undefined): number {
  if (value === undefined) return 0;
  const digits = asNumber(value).toNumber();
  if (!Number.isInteger(digits) || digits < 0 || digits > MAX_DIGITS)
    throw new Error(`digits must be a whole number from 0 to ${String(MAX_DIGITS)}`);
  return digits;
}

/** Unix time in milliseconds of an RFC 3339 date or time; a date alone is its midnight in UTC. */
function instant(value: Value, budget: Budget): Decimal {
  budget.charge(INSTANT_STEPS);
  const text = asText(value);
  const at = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`${JSON.stringify(text.slice(0, 40))} is no RFC 3339 date`);
  return new Exact(at);
}

function length(value: Value, budget: Budget): Decimal {
  if (typeof value === 'string') {
    budget.charge(value.length >> 5);
    return new Exact(Array.from(value).length);
  }
  if (isList(value)) return new Exact(value.length);
  if (isObject(value)) {
    const keys = Object.keys(value).length;
    budget.charge(keys);
    return new Exact(keys);
  }
  throw new Error(`${kindOf(value)} has no length`);
}

/** Matching in the time of text times pattern (RE2), whatever the two are. */
function matches(args: readonly Value[], budget: Budget): boolean {
  const [text, written] = texts(args);
  const pattern = budget.pattern(written);
  budget.charge(Math.ceil((text.length * pattern.programSize()) / 32));
  return pattern.matcher(text).find();
}

/** A text made anew: it takes memory too. */
function cased(value: Value, budget: Budget): string {
  const text = asText(value);
  budget.charge(text.length >> 5);
  return text;
}

function distinct(list: readonly unknown[], budget: Budget): Decimal {
  chargeWhole(list, budget);
  return new Exact(new Set(list.map((item) => JSON.stringify(item))).size);
}

const row = (min: number, max: number, apply: Apply): FunctionRow => ({ min, max, apply });
const anyNumber = 1000;

/** Every function of the language that takes values. Names are never removed. */
export const functions: Readonly<Record<string, FunctionRow>> = {
  sum: row(1, anyNumber, (args) => total(numbers(args))),
  count: row(1, anyNumber, (args) => new Exact(args.flatMap((arg) => (isList(arg) ? [...arg] : [arg])).length)),
  mean: row(1, anyNumber, (args, budget) => {
    budget.charge(DIVISION_STEPS);
    const values = some(numbers(args));
    return total(values).div(values.length);
  }),
  min: row(1, anyNumber, (args) => some(numbers(args)).reduce((a, b) => Exact.min(a, b))),
  max: row(1, anyNumber, (args) => some(numbers(args)).reduce((a, b) => Exact.max(a, b))),
  abs: row(1, 1, (args) => asNumber(one(args)).abs()),
  sqrt: row(1, 1, (args, budget) => {
    budget.charge(ROOT_STEPS);
    return asNumber(one(args)).sqrt();
  }),
  floor: row(1, 1, (args) => asNumber(one(args)).floor()),
  ceil: row(1, 1, (args) => asNumber(one(args)).ceil()),
  round: row(1, 2, (args) => asNumber(one(args)).toDecimalPlaces(digitsOf(args[1]), Decimal.ROUND_HALF_UP)),
  length: row(1, 1, (args, budget) => length(one(args), budget)),
  distinct: row(1, 1, (args, budget) => distinct(asList(one(args)), budget)),
  lower: row(1, 1, (args, budget) => cased(one(args), budget).toLowerCase()),
  upper: row(1, 1, (args, budget) => cased(one(args), budget).toUpperCase()),
  trim: row(1, 1, (args) => asText(one(args)).trim()),
  contains: row(2, 2, (args, budget) => {
    const [text, part] = texts(args);
    return includes(text, part, budget);
  }),
  starts_with: row(2, 2, (args) => {
    const [text, part] = texts(args);
    return text.startsWith(part);
  }),
  ends_with: row(2, 2, (args) => {
    const [text, part] = texts(args);
    return text.endsWith(part);
  }),
  matches: row(2, 2, matches),
  time: row(1, 1, (args, budget) => instant(one(args), budget)),
  days_between: row(2, 2, (args, budget) => {
    const [from, to] = two(args);
    return instant(to, budget).minus(instant(from, budget)).div(DAY_MS);
  }),
};
