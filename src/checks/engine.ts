import { createHash } from 'node:crypto';
import type { Rule } from '../flight-sheets/schema.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { EXPRESSION_RULE, findBuiltIn } from './built-ins/index.js';
import { isClosing } from './built-ins/closing.js';
import { Budget } from './expression/budget.js';
import { holds } from './expression/evaluate.js';
import { OperandMissing } from './expression/value.js';
import { failed, flag, open, pass, skip, type Finding } from './finding.js';
import type { EngineInputs } from './frozen.js';
import { scopeOf } from './scope.js';

export interface RuleResult extends Finding {
  readonly rule_id: string;
}

const CALCULATIONS = 'the calculations of this submission';
interface Budgets {
  readonly rules: Budget;
  readonly calculations: Budget;
}

/**
 * Runs the rules of a sheet in order: automatic ones, the automatic half of dual ones, and of human ones the
 * condition, which may skip them. Total: a rule that cannot be evaluated is an error of its own and stops no other.
 * Bounded: the expressions of the rules draw on one budget and the calculations on another, so that neither the
 * submitter nor the author of the sheet can hold a worker, and neither can use up what the other needs.
 */
export function runRules(rules: readonly Rule[], inputs: EngineInputs): readonly RuleResult[] {
  const budgets = { rules: new Budget('the rules of this sheet'), calculations: new Budget(CALCULATIONS) };
  return rules.flatMap((rule) => {
    const skipped = rule.when === undefined ? undefined : total(() => condition(rule.when ?? '', inputs, budgets));
    if (skipped) return [{ rule_id: rule.id, ...skipped }];
    return rule.kind === 'human' ? [] : [{ rule_id: rule.id, ...total(() => evaluate(rule, inputs, budgets)) }];
  });
}

/** A finding instead of an exception: a missing operand is a flag, everything else an error. */
function total<T extends Finding | undefined>(work: () => T): T | Finding {
  try {
    return work();
  } catch (error) {
    if (error instanceof OperandMissing) {
      return flag(`operand_missing: ${error.operand}`, 'missing', error.operand, { pointers: [] });
    }
    return failed(error instanceof Error ? error.message : 'unknown');
  }
}

/** Undefined where the rule applies; else the skip, with its reason. */
function condition(when: string, inputs: EngineInputs, { rules }: Budgets): Finding | undefined {
  return holds(when, scopeOf(inputs), rules) ? undefined : skip(`Does not apply: not ${when}`);
}

function evaluate(rule: Exclude<Rule, { kind: 'human' }>, inputs: EngineInputs, budgets: Budgets): Finding {
  if (rule.check === EXPRESSION_RULE) {
    if (rule.expr === undefined) throw new Error('the rule has no expression');
    if (holds(rule.expr, scopeOf(inputs), budgets.rules)) return pass(`True: ${rule.expr}`, 'true');
    return flag(`Not true: ${rule.expr}`, 'false', 'true');
  }
  if (isClosing(rule.check)) return open('Waits for the human answers.');
  const builtIn = findBuiltIn(rule.check);
  if (!builtIn) throw new Error(`the engine has no rule ${rule.check}`);
  return builtIn.run(inputs, rule.params ?? {}, budgets.calculations);
}

const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** Digest of the frozen inputs, and of the inputs with their results: a replay must give both again. */
export function digestsOf(
  inputs: EngineInputs,
  results: readonly RuleResult[],
): { readonly inputs: string; readonly replay: string } {
  const inputsDigest = digest(inputs);
  return { inputs: inputsDigest, replay: digest({ inputs: inputsDigest, results }) };
}
