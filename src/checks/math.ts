import { Decimal } from 'decimal.js';
import jsep from 'jsep';
import type { FlightSheet, Severity } from '../flight-sheets/schema.js';
import type { Calculation, Finding } from './engine.js';

/** 40 significant digits: the claimed values are doubles, so the arithmetic is never what is wrong. */
const Exact = Decimal.clone({ precision: 40, maxE: 400, minE: -400 });
const MAX_EXPONENT = 1000;
const MAX_DEPTH = 64;

type Value = Decimal | readonly Decimal[];
type Functions = Readonly<Record<string, (values: readonly Decimal[]) => Decimal>>;

const first = (values: readonly Decimal[]): Decimal => {
  const [value] = values;
  if (!value) throw new Error('a function was called without a value');
  return value;
};
const total = (values: readonly Decimal[]): Decimal => values.reduce((sum, value) => sum.plus(value), new Exact(0));
const functions: Functions = {
  sum: total,
  count: (values) => new Exact(values.length),
  mean: (values) => total(values).div(values.length),
  min: (values) => Exact.min(first(values), ...values),
  max: (values) => Exact.max(first(values), ...values),
  abs: (values) => first(values).abs(),
  sqrt: (values) => first(values).sqrt(),
  round: ([value, digits]) =>
    (value ?? first([])).toDecimalPlaces((digits ?? new Exact(0)).toNumber(), Decimal.ROUND_HALF_UP),
};

/** Computes an expression over named numbers and lists: + - * / % **, parentheses, and the functions above. Nothing else. */
export function compute(expression: string, inputs: Calculation['inputs']): Decimal {
  const value = evaluate(jsep(expression), inputs, 0);
  if (!(value instanceof Decimal)) throw new Error('the expression gives a list, not a number');
  if (!value.isFinite()) throw new Error('the expression gives no finite number');
  return value;
}

function evaluate(node: jsep.Expression, inputs: Calculation['inputs'], depth: number): Value {
  if (depth > MAX_DEPTH) throw new Error('the expression is nested too deep');
  if (isType<jsep.Literal>(node, 'Literal')) {
    if (typeof node.value !== 'number') throw new Error('only numbers are allowed');
    return new Exact(node.raw);
  }
  if (isType<jsep.Identifier>(node, 'Identifier')) return input(node.name, inputs);
  if (isType<jsep.UnaryExpression>(node, 'UnaryExpression')) {
    const value = scalar(evaluate(node.argument, inputs, depth + 1));
    if (node.operator === '-') return value.neg();
    if (node.operator === '+') return value;
    throw new Error(`the operator ${node.operator} is not allowed`);
  }
  if (isType<jsep.BinaryExpression>(node, 'BinaryExpression')) {
    return combine(
      node.operator,
      scalar(evaluate(node.left, inputs, depth + 1)),
      scalar(evaluate(node.right, inputs, depth + 1)),
    );
  }
  if (isType<jsep.CallExpression>(node, 'CallExpression')) return call(node, inputs, depth);
  throw new Error(`${node.type} is not allowed in a calculation`);
}

function isType<T extends jsep.Expression>(node: jsep.Expression, type: T['type']): node is T {
  return node.type === type;
}

function input(name: string, inputs: Calculation['inputs']): Value {
  const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (value === undefined) throw new Error(`the input ${name} is not given`);
  return typeof value === 'number' ? new Exact(value) : value.map((item) => new Exact(item));
}

function scalar(value: Value): Decimal {
  if (value instanceof Decimal) return value;
  throw new Error('a list is used where a number is needed');
}

function combine(operator: string, left: Decimal, right: Decimal): Decimal {
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

function call(node: jsep.CallExpression, inputs: Calculation['inputs'], depth: number): Decimal {
  const name = isType<jsep.Identifier>(node.callee, 'Identifier') ? node.callee.name : '';
  const apply = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!apply) throw new Error(`there is no function ${JSON.stringify(name)}`);
  const values = node.arguments.flatMap((argument) => evaluate(argument, inputs, depth + 1));
  if (values.length === 0) throw new Error(`${name} needs at least one value`);
  return apply(values);
}

interface Outcome {
  readonly name: string;
  readonly severity: Severity | 'none';
  readonly text: string;
}
const rank: readonly Outcome['severity'][] = ['none', 'info', 'minor', 'major', 'critical'];

/** MTH-001: every calculation again from its own inputs; the largest relative error decides how grave it is. */
export function checkMath(calculations: readonly Calculation[], tolerance: FlightSheet['tolerance']): Finding {
  const outcomes = calculations.map((calculation) => compare(calculation, tolerance));
  const worst = outcomes.reduce((a, b) => (rank.indexOf(b.severity) > rank.indexOf(a.severity) ? b : a));
  const wrong = outcomes.filter(({ severity }) => severity !== 'none');
  const severity = worst.severity;
  if (severity === 'none') {
    return {
      status: 'pass',
      observed: `${String(outcomes.length)} equal`,
      expected: null,
      detail: outcomes.map(({ text }) => text).join('; '),
      evidence_ids: [],
    };
  }
  return {
    status: 'flag',
    severity,
    observed: `${String(wrong.length)} of ${String(outcomes.length)} differ`,
    expected: 'every calculation as claimed',
    detail: wrong.map(({ text }) => text).join('; '),
    evidence_ids: [],
  };
}

function compare({ name, expression, inputs, claimed }: Calculation, tolerance: FlightSheet['tolerance']): Outcome {
  try {
    const derived = compute(expression, inputs);
    const delta = new Exact(claimed).minus(derived).abs();
    const relative = derived.isZero()
      ? delta.lte(tolerance.absolute_floor)
        ? new Exact(0)
        : new Exact(1)
      : delta.div(derived.abs());
    const severity = delta.lte(tolerance.absolute_floor) ? 'none' : bandOf(relative, tolerance);
    const percent = relative.times(100).toSignificantDigits(3).toString();
    const text = `${name}: claimed ${String(claimed)}, derived ${derived.toSignificantDigits(12).toString()}, off by ${percent} %`;
    return { name, severity, text };
  } catch (error) {
    return {
      name,
      severity: 'critical',
      text: `${name}: ${error instanceof Error ? error.message : 'not computable'}`,
    };
  }
}

/** Contiguous bands: (…pass] (pass…info] (info…major) [major…). */
function bandOf(relative: Decimal, { pass, info, major }: FlightSheet['tolerance']): Outcome['severity'] {
  if (relative.lte(pass)) return 'none';
  if (relative.lte(info)) return 'info';
  return relative.lt(major) ? 'major' : 'critical';
}
