import type { Decimal } from 'decimal.js';
import type jsep from 'jsep';
import { Budget } from './budget.js';
import { costOf, costOfLiteral, costOfNumber, costOfOperator } from './cost.js';
import { functions } from './functions.js';
import { isType, parseExpression } from './grammar.js';
import {
  asList,
  asNumber,
  asText,
  asTruth,
  calculate,
  Exact,
  isList,
  isObject,
  OperandMissing,
  sameValue,
  toValue,
  type Value,
} from './value.js';

const MAX_DEPTH = 64;
/** Nodes of one evaluation, over all items of its quantifiers; what they cost is counted by the budget. */
const MAX_STEPS = 200_000;

type Scope = Readonly<Record<string, unknown>>;
/** What a quantifier calls the item it looks at, inside of the quantifiers around it. */
interface Item {
  readonly name: string;
  readonly value: Value;
  readonly outer: Item | undefined;
}
interface Walk {
  readonly scope: Scope;
  readonly item: Item | undefined;
  readonly depth: number;
  readonly own: { steps: number };
  readonly budget: Budget;
}

/**
 * Computes an expression over named values. Total in time and depth; a fault is an exception with a sentence. Whoever
 * evaluates more than one for the same request shares a budget among them.
 */
export function evaluateExpression(expression: string, scope: Scope, budget = new Budget('expressions')): Value {
  const own = { steps: MAX_STEPS };
  return evaluate(parseExpression(expression), { scope, item: undefined, depth: 0, own, budget });
}

/** The same where only true or false will do. */
export const holds = (expression: string, scope: Scope, budget?: Budget): boolean =>
  asTruth(evaluateExpression(expression, scope, budget), 'the expression');

function evaluate(node: jsep.Expression, walk: Walk): Value {
  walk.own.steps -= 1;
  if (walk.own.steps < 0) throw new Error('the expression takes too many steps');
  walk.budget.charge(1);
  if (walk.depth > MAX_DEPTH) throw new Error('the expression is nested too deep');
  if (isType<jsep.Literal>(node, 'Literal')) return literal(node, walk);
  if (isType<jsep.Identifier>(node, 'Identifier')) return named(node.name, walk);
  const { scope, item, own, budget } = walk;
  const inner: Walk = { scope, item, depth: walk.depth + 1, own, budget };
  if (isType<jsep.MemberExpression>(node, 'MemberExpression')) return member(node, inner);
  if (isType<jsep.UnaryExpression>(node, 'UnaryExpression')) return unary(node, inner);
  if (isType<jsep.BinaryExpression>(node, 'BinaryExpression')) return binary(node, inner);
  if (isType<jsep.CallExpression>(node, 'CallExpression')) return call(node, inner);
  if (isType<jsep.ArrayExpression>(node, 'ArrayExpression')) return list(node, inner);
  if (isType<jsep.ConditionalExpression>(node, 'ConditionalExpression')) {
    const chosen = asTruth(evaluate(node.test, inner), 'the condition') ? node.consequent : node.alternate;
    return evaluate(chosen, inner);
  }
  throw new Error(`${node.type} is not allowed in an expression`);
}

function literal({ value, raw }: jsep.Literal, { budget }: Walk): Value {
  if (typeof value === 'number') {
    budget.charge(costOfLiteral(raw));
    return finite(new Exact(raw));
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  throw new Error('only numbers, texts, true, false and null are allowed');
}

function finite(value: Decimal): Decimal {
  if (!value.isFinite()) throw new Error('a number is not finite');
  return value;
}

/** A value of the inputs, in the language. */
function read(json: unknown, { budget }: Walk): Value {
  if (typeof json === 'number') budget.charge(costOfNumber(json));
  return toValue(json);
}

function named(name: string, walk: Walk): Value {
  const { scope, item } = walk;
  for (let near = item; near; near = near.outer) if (near.name === name) return near.value;
  if (!Object.hasOwn(scope, name)) throw new OperandMissing(name);
  const value = scope[name];
  if (value === undefined) throw new OperandMissing(name);
  return read(value, walk);
}

function member(node: jsep.MemberExpression, walk: Walk): Value {
  const owner = evaluate(node.object, walk);
  if (isList(owner)) {
    const index = node.computed ? asNumber(evaluate(node.property, walk), 'an index').toNumber() : -1;
    const item = Number.isInteger(index) ? owner[index] : undefined;
    if (item === undefined) throw new OperandMissing(describe(node));
    return read(item, walk);
  }
  if (!isObject(owner)) throw new OperandMissing(describe(node));
  const key = propertyName(node, walk);
  if (!Object.hasOwn(owner, key) || owner[key] === undefined) throw new OperandMissing(describe(node));
  return read(owner[key], walk);
}

function propertyName(node: jsep.MemberExpression, walk: Walk): string {
  if (node.computed) return asText(evaluate(node.property, walk), 'a field name');
  return isType<jsep.Identifier>(node.property, 'Identifier') ? node.property.name : '';
}

/** How a path is written, for the finding that names it. */
export function describe(node: jsep.Expression): string {
  if (isType<jsep.Identifier>(node, 'Identifier')) return node.name;
  if (isType<jsep.Literal>(node, 'Literal')) return node.raw;
  if (!isType<jsep.MemberExpression>(node, 'MemberExpression')) return '(…)';
  const owner = describe(node.object);
  return node.computed ? `${owner}[${describe(node.property)}]` : `${owner}.${describe(node.property)}`;
}

function unary(node: jsep.UnaryExpression, walk: Walk): Value {
  const value = evaluate(node.argument, walk);
  switch (node.operator) {
    case '-':
      return asNumber(value).neg();
    case '+':
      return asNumber(value);
    case '!':
    case 'not':
      return !asTruth(value);
    default:
      throw new Error(`the operator ${node.operator} is not allowed`);
  }
}

function binary(node: jsep.BinaryExpression, walk: Walk): Value {
  // Both sides of and/or are evaluated, so that a missing operand shows even where the other side decides.
  const left = evaluate(node.left, walk);
  const right = evaluate(node.right, walk);
  walk.budget.charge(costOfOperator(node.operator, left, right));
  switch (node.operator) {
    case 'and':
    case '&&': {
      const [first, second] = [asTruth(left), asTruth(right)];
      return first && second;
    }
    case 'or':
    case '||': {
      const [first, second] = [asTruth(left), asTruth(right)];
      return first || second;
    }
    case '==':
    case '===':
      return sameValue(left, right);
    case '!=':
    case '!==':
      return !sameValue(left, right);
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
    case 'in':
      return asList(right, 'the right side of in').some((item) => sameValue(left, toValue(item)));
    default:
      return finite(calculate(node.operator, asNumber(left), asNumber(right)));
  }
}

/** Numbers by size, texts by code unit; nothing else has an order. */
function order(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return asNumber(left).comparedTo(asNumber(right));
}

function list(node: jsep.ArrayExpression, walk: Walk): Value {
  return node.elements.map((element) => {
    if (!element) throw new Error('a list has an empty place');
    return evaluate(element, walk);
  });
}

function call(node: jsep.CallExpression, walk: Walk): Value {
  const name = isType<jsep.Identifier>(node.callee, 'Identifier') ? node.callee.name : '';
  if (name === 'if') return choose(node.arguments, walk);
  if (name === 'has') return has(node.arguments, walk);
  if (isQuantifier(name)) return quantify(name, node.arguments, walk);
  const row = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!row) throw new Error(`there is no function ${JSON.stringify(name)}`);
  const { length } = node.arguments;
  if (length < row.min || length > row.max)
    throw new Error(`${name} takes ${String(row.min)} to ${String(row.max)} values`);
  const values = node.arguments.map((argument) => evaluate(argument, walk));
  walk.budget.charge(values.reduce((sum, value) => sum + costOf(value), 0));
  return row.apply(values, walk.budget);
}

function choose([test, yes, no, ...more]: readonly jsep.Expression[], walk: Walk): Value {
  if (!test || !yes || !no || more.length > 0) throw new Error('if takes a condition and two values');
  return evaluate(asTruth(evaluate(test, walk), 'the condition') ? yes : no, walk);
}

/** True when the path leads to a value other than null; the one way to ask for what may be missing. */
function has([path, ...more]: readonly jsep.Expression[], walk: Walk): boolean {
  if (!path || more.length > 0) throw new Error('has takes one path');
  try {
    return evaluate(path, walk) !== null;
  } catch (error) {
    if (error instanceof OperandMissing) return false;
    throw error;
  }
}

const quantifiers = ['all', 'any', 'none', 'count_where', 'filter', 'map'] as const;
type Quantifier = (typeof quantifiers)[number];
/** Functions that name each item of a list in turn: all(list, item, condition). */
export const isQuantifier = (name: string): name is Quantifier => quantifiers.some((known) => known === name);

function quantify(name: Quantifier, args: readonly jsep.Expression[], walk: Walk): Value {
  const [of, item, body, ...more] = args;
  if (!of || !item || !body || more.length > 0 || !isType<jsep.Identifier>(item, 'Identifier')) {
    throw new Error(`${name} takes a list, a name for its items, and an expression`);
  }
  const items = asList(evaluate(of, walk), `the list of ${name}`);
  const of1 = (value: unknown): Value =>
    evaluate(body, { ...walk, item: { name: item.name, value: read(value, walk), outer: walk.item } });
  if (name === 'map') return items.map(of1);
  const kept = items.filter((value) => asTruth(of1(value), `the condition of ${name}`));
  switch (name) {
    case 'all':
      return kept.length === items.length;
    case 'any':
      return kept.length > 0;
    case 'none':
      return kept.length === 0;
    case 'count_where':
      return new Exact(kept.length);
    case 'filter':
      return kept;
  }
}
