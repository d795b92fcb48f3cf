import { Budget } from '../checks/expression/budget.js';
import { evaluateExpression } from '../checks/expression/evaluate.js';
import { readExpression, type Operand, type Reading } from '../checks/expression/operands.js';
import { isObject } from '../checks/expression/value.js';
import { roots } from '../checks/scope.js';
import type { Fault } from '../kernel/refusals.js';
import type { FlightSheet, Rule } from './schema.js';

/** Faults of the expressions of a sheet: what does not parse, reads what nobody declares, or can never be true. */
export function lintExpressions(sheet: FlightSheet): readonly Fault[] {
  const budget = new Budget('the conditions of this sheet');
  return sheet.rules.flatMap((rule, i) => {
    const at = `/rules/${String(i)}`;
    return [
      ...(rule.when === undefined ? [] : lint(rule.when, `${at}/when`, sheet)),
      ...(rule.when !== undefined && isNever(rule.when, budget)
        ? [{ path: `${at}/when`, code: 'unreachable_rule', message: 'is never true' }]
        : []),
      ...expressionOf(rule).flatMap((expr) => lint(expr, `${at}/expr`, sheet)),
    ];
  });
}

const expressionOf = (rule: Rule): readonly string[] =>
  rule.kind === 'human' || rule.expr === undefined ? [] : [rule.expr];

function lint(expression: string, path: string, sheet: FlightSheet): readonly Fault[] {
  let reading: Reading;
  try {
    reading = readExpression(expression);
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 300) : 'does not parse';
    return [{ path, code: 'expression_does_not_parse', message }];
  }
  return [
    ...reading.unknownFunctions.map((name) => ({
      path,
      code: 'unknown_function',
      message: `there is no function ${name}`,
    })),
    ...reading.operands.flatMap((operand) => {
      const message = undeclared(operand, sheet);
      return message === undefined ? [] : [{ path, code: 'undeclared_operand', message }];
    }),
  ];
}

function undeclared({ root, fields }: Operand, sheet: FlightSheet): string | undefined {
  if (!roots.some((known) => known === root)) return `${root} is none of: ${roots.join(', ')}`;
  if (root === 'output' && sheet.required_output_schema) return outsideSchema(sheet.required_output_schema, fields);
  const [first] = fields;
  if (root === 'inputs' && first !== undefined && sheet.required_inputs && !sheet.required_inputs.includes(first))
    return `inputs.${first} is not among required_inputs`;
  return undefined;
}

/** Follows a path through the properties of a schema; a place that is not closed may hold anything. */
function outsideSchema(schema: unknown, fields: readonly string[]): string | undefined {
  let place = schema;
  for (const [i, field] of fields.entries()) {
    if (!isObject(place)) return undefined;
    const properties = place['properties'];
    if (isObject(properties) && Object.hasOwn(properties, field)) {
      place = properties[field];
      continue;
    }
    if (place['additionalProperties'] !== false) return undefined;
    return `output.${fields.slice(0, i + 1).join('.')} is not in required_output_schema`;
  }
  return undefined;
}

/** True for a condition that reads nothing and is not true. */
function isNever(expression: string, budget: Budget): boolean {
  try {
    return readExpression(expression).operands.length === 0 && evaluateExpression(expression, {}, budget) !== true;
  } catch {
    return false;
  }
}
