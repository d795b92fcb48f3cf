import type jsep from 'jsep';
import { isType, parseExpression } from './expression/grammar.js';

/** A dimension: each base unit with its exponent; empty for a plain number. */
type Dimension = ReadonlyMap<string, number>;
const PLAIN: Dimension = new Map();
/** Names of plain numbers. */
const plainUnits = new Set(['', '1', '%', 'percent', 'ratio', 'count', 'x']);
const UNIT = /^([A-Za-z%µ°$€£_]{1,30}|1)(?:\^(-?\d{1,2}))?$/u;

/** Reads "USD/hour", "m^2*s^-1", "percent". */
export function readUnit(text: string): Dimension {
  const trimmed = text.trim();
  if (plainUnits.has(trimmed.toLowerCase())) return PLAIN;
  const dimension = new Map<string, number>();
  trimmed.split('/').forEach((part, i) => {
    for (const factor of part.split(/[*·]/)) {
      const match = UNIT.exec(factor.trim());
      if (!match?.[1]) throw new Error(`${JSON.stringify(text.slice(0, 50))} is no unit`);
      if (plainUnits.has(match[1].toLowerCase())) continue;
      add(dimension, match[1], Number(match[2] ?? 1) * (i === 0 ? 1 : -1));
    }
  });
  return dimension;
}

function add(dimension: Map<string, number>, unit: string, exponent: number): void {
  const sum = (dimension.get(unit) ?? 0) + exponent;
  if (sum === 0) dimension.delete(unit);
  else dimension.set(unit, sum);
}

/** One spelling per dimension. */
export const showUnit = (dimension: Dimension): string =>
  [...dimension]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([unit, exponent]) => (exponent === 1 ? unit : `${unit}^${String(exponent)}`))
    .join('*') || '1';

export const sameUnit = (left: Dimension, right: Dimension): boolean => showUnit(left) === showUnit(right);

/** The dimension an expression gives from those of its inputs; throws where unlike units are added. */
export function unitOf(expression: string, units: Readonly<Record<string, string>>): Dimension {
  return derive(parseExpression(expression), units);
}

const keeps = new Set(['sum', 'mean', 'min', 'max', 'abs', 'round', 'floor', 'ceil']);

function derive(node: jsep.Expression, units: Readonly<Record<string, string>>): Dimension {
  if (isType<jsep.Literal>(node, 'Literal')) return PLAIN;
  if (isType<jsep.Identifier>(node, 'Identifier')) {
    const unit = Object.hasOwn(units, node.name) ? units[node.name] : undefined;
    if (unit === undefined) throw new Error(`the input ${node.name} has no unit`);
    return readUnit(unit);
  }
  if (isType<jsep.UnaryExpression>(node, 'UnaryExpression')) return derive(node.argument, units);
  if (isType<jsep.BinaryExpression>(node, 'BinaryExpression')) return combine(node, units);
  if (isType<jsep.CallExpression>(node, 'CallExpression') && isType<jsep.Identifier>(node.callee, 'Identifier')) {
    if (node.callee.name === 'count') return PLAIN;
    const [first] = node.arguments;
    if (keeps.has(node.callee.name) && first) return derive(first, units);
  }
  throw new Error('the dimension of this expression is not derived');
}

function combine(node: jsep.BinaryExpression, units: Readonly<Record<string, string>>): Dimension {
  const left = derive(node.left, units);
  if (node.operator === '**') return power(left, node.right);
  const right = derive(node.right, units);
  if (node.operator === '*') return product(left, right, 1);
  if (node.operator === '/') return product(left, right, -1);
  if (!sameUnit(left, right)) throw new Error(`${showUnit(left)} ${node.operator} ${showUnit(right)} mixes units`);
  return left;
}

function product(left: Dimension, right: Dimension, sign: 1 | -1): Dimension {
  const result = new Map(left);
  for (const [unit, exponent] of right) add(result, unit, sign * exponent);
  return result;
}

function power(base: Dimension, exponent: jsep.Expression): Dimension {
  if (base.size === 0) return PLAIN;
  if (!isType<jsep.Literal>(exponent, 'Literal') || !Number.isInteger(exponent.value))
    throw new Error('a quantity with a unit is raised only to a whole number');
  const times = Number(exponent.value);
  return new Map([...base].flatMap(([unit, own]) => (times === 0 ? [] : [[unit, own * times] as const])));
}
