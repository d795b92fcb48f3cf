import type jsep from 'jsep';
import { isQuantifier } from './evaluate.js';
import { functions } from './functions.js';
import { isType, parseExpression } from './grammar.js';

/** A path an expression reads: its root, and the fields behind it as far as they are written out. */
export interface Operand {
  readonly root: string;
  readonly fields: readonly string[];
}
export interface Reading {
  readonly operands: readonly Operand[];
  /** Names called that are no function of the language. */
  readonly unknownFunctions: readonly string[];
}

/** What an expression reads, without running it; for the lint of a sheet. Throws when it does not parse. */
export function readExpression(expression: string): Reading {
  const operands: Operand[] = [];
  const unknownFunctions: string[] = [];
  visit(parseExpression(expression), new Set(), { operands, unknownFunctions });
  return { operands, unknownFunctions };
}

interface Found {
  readonly operands: Operand[];
  readonly unknownFunctions: string[];
}

function visit(node: jsep.Expression, bound: ReadonlySet<string>, found: Found): void {
  const path = pathOf(node);
  if (path) {
    if (!bound.has(path.root)) found.operands.push(path);
    return;
  }
  if (isType<jsep.CallExpression>(node, 'CallExpression')) {
    visitCall(node, bound, found);
    return;
  }
  for (const child of children(node)) visit(child, bound, found);
}

function visitCall(node: jsep.CallExpression, bound: ReadonlySet<string>, found: Found): void {
  const name = isType<jsep.Identifier>(node.callee, 'Identifier') ? node.callee.name : '(…)';
  const [list, item, body] = node.arguments;
  if (isQuantifier(name)) {
    if (list) visit(list, bound, found);
    const inner = item && isType<jsep.Identifier>(item, 'Identifier') ? new Set([...bound, item.name]) : bound;
    if (body) visit(body, inner, found);
    return;
  }
  if (name !== 'if' && name !== 'has' && !Object.hasOwn(functions, name)) found.unknownFunctions.push(name);
  for (const argument of node.arguments) visit(argument, bound, found);
}

function pathOf(node: jsep.Expression): Operand | undefined {
  if (isType<jsep.Identifier>(node, 'Identifier')) return { root: node.name, fields: [] };
  if (!isType<jsep.MemberExpression>(node, 'MemberExpression')) return undefined;
  const owner = pathOf(node.object);
  if (!owner) return undefined;
  if (node.computed || !isType<jsep.Identifier>(node.property, 'Identifier')) return owner;
  return { root: owner.root, fields: [...owner.fields, node.property.name] };
}

function children(node: jsep.Expression): readonly jsep.Expression[] {
  if (isType<jsep.MemberExpression>(node, 'MemberExpression')) return [node.object];
  if (isType<jsep.UnaryExpression>(node, 'UnaryExpression')) return [node.argument];
  if (isType<jsep.BinaryExpression>(node, 'BinaryExpression')) return [node.left, node.right];
  if (isType<jsep.ConditionalExpression>(node, 'ConditionalExpression'))
    return [node.test, node.consequent, node.alternate];
  if (isType<jsep.ArrayExpression>(node, 'ArrayExpression')) return node.elements.flatMap((one) => (one ? [one] : []));
  return [];
}
