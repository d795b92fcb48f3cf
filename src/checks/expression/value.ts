import { Decimal } from 'decimal.js';

/** 40 significant digits: what is compared are doubles, so the arithmetic is never what is wrong. */
export const Exact = Decimal.clone({ precision: 40, maxE: 400, minE: -400 });
const MAX_EXPONENT = 1000;

/** What an expression works on: exact numbers, text, truth, null, and lists and objects of JSON as they are. */
export type Value = Decimal | string | boolean | null | readonly unknown[] | JsonObject;
export type JsonObject = Readonly<Record<string, unknown>>;

/** A value of the inputs that a rule needs is not there: a flag of its own, never a skip. */
export class OperandMissing extends Error {
  override readonly name = 'OperandMissing';
  readonly operand: string;
  constructor(operand: string) {
    super(`the operand ${operand} is missing`);
    this.operand = operand;
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Brings a JSON value into the language; numbers become exact. */
export function toValue(json: unknown): Value {
  if (typeof json === 'number') return new Exact(json);
  if (typeof json === 'string' || typeof json === 'boolean' || json === null) return json;
  if (json instanceof Decimal || isList(json) || isObject(json)) return json;
  throw new Error(`a value of type ${typeof json} is no JSON`);
}

export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Decimal) return 'a number';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  return isList(value) ? 'a list' : 'an object';
}

export function asNumber(value: Value, what = 'this'): Decimal {
  if (value instanceof Decimal) return value;
  throw new Error(`${what} is ${kindOf(value)} where a number is needed`);
}

export function asText(value: Value, what = 'this'): string {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is ${kindOf(value)} where a text is needed`);
}

export function asTruth(value: Value, what = 'this'): boolean {
  if (typeof value === 'boolean') return value;
  throw new Error(`${what} is ${kindOf(value)} where true or false is needed`);
}

export function asList(value: Value, what = 'this'): readonly unknown[] {
  if (isList(value)) return value;
  throw new Error(`${what} is ${kindOf(value)} where a list is needed`);
}

/** Equal in kind and content; lists and objects are not compared. */
export function sameValue(left: Value, right: Value): boolean {
  if (left instanceof Decimal && right instanceof Decimal) return left.equals(right);
  if (isList(left) || isList(right) || isObject(left) || isObject(right)) {
    throw new Error('lists and objects are not compared as a whole');
  }
  return left === right;
}

/** Arithmetic of two exact numbers; the result is finite or the operation fails. */
export function calculate(operator: string, left: Decimal, right: Decimal): Decimal {
  switch (operator) {
    case '+':
      return left.plus(right);
    case '-':
      return left.minus(right);
    case '*':
      return left.times(right);
    case '/':
      if (right.isZero()) throw new Error('division by zero');
      return left.div(right);
    case '%':
      if (right.isZero()) throw new Error('division by zero');
      return left.mod(right);
    case '**':
      if (right.abs().gt(MAX_EXPONENT)) throw new Error('an exponent is too large');
      return left.pow(right);
    default:
      throw new Error(`the operator ${operator} is not allowed`);
  }
}
