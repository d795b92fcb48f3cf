import { z } from 'zod';
import { flag, listed, pass, type Finding } from '../finding.js';
import type { EngineAnswer } from '../frozen.js';

const HOUR_MS = 3_600_000;

/** What the closing rules look at: the answers of people as they stand, and when the inputs last changed. */
export interface ClosingInputs {
  readonly clock: string;
  readonly last_change: string;
  readonly answers: readonly EngineAnswer[];
}
interface ClosingRule {
  readonly params: z.ZodType;
  run(inputs: ClosingInputs, params: unknown): Finding;
}

const ageParams = z.strictObject({ max_age_hours: z.number().positive().default(720) });

/** Built-ins that wait for the human answers and are evaluated when the last one is in. */
export const closingRules: Readonly<Record<string, ClosingRule>> = {
  'SOD-002': {
    params: ageParams,
    run: ({ clock, last_change, answers }, given) => {
      const { max_age_hours } = ageParams.parse(given);
      const faults = answers.flatMap(({ rule_id, answered_at }) => {
        if (answered_at === null) return [`${rule_id} has no answer`];
        if (Date.parse(answered_at) < Date.parse(last_change))
          return [`${rule_id} was answered before the last change`];
        const hours = (Date.parse(clock) - Date.parse(answered_at)) / HOUR_MS;
        return hours <= max_age_hours ? [] : [`${rule_id} is ${hours.toFixed(1)} h old`];
      });
      if (faults.length === 0) return pass(`${String(answers.length)} answers are fresh.`);
      return flag(listed(faults), `${String(faults.length)} faults`, `younger than ${String(max_age_hours)} h`);
    },
  },
  'SOD-003': {
    params: z.strictObject({}),
    run: ({ answers }) => {
      const killers = answers.filter(({ killer }) => killer);
      const bad = killers.filter(({ status, has_value }) => status === 'waived' || !has_value);
      if (bad.length === 0) return pass(`${String(killers.length)} killer items are answered, none waived.`);
      return flag(
        listed(
          bad.map(({ rule_id, status }) => (status === 'waived' ? `${rule_id} is waived` : `${rule_id} has no value`)),
        ),
        `${String(bad.length)} of ${String(killers.length)}`,
        'every killer item answered with a value',
      );
    },
  },
};

export const isClosing = (key: string): boolean => Object.hasOwn(closingRules, key);

/** The finding of a closing rule; total, like the engine. */
export function closeRule(key: string, params: unknown, inputs: ClosingInputs): Finding {
  const rule = Object.hasOwn(closingRules, key) ? closingRules[key] : undefined;
  if (!rule) throw new Error(`closeRule: ${key} is no closing rule`);
  return rule.run(inputs, params ?? {});
}
