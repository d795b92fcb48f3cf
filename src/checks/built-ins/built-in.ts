import { z } from 'zod';
import type { Budget } from '../expression/budget.js';
import type { Finding } from '../finding.js';
import type { EngineInputs } from '../frozen.js';

/** A rule that ships with the engine: its parameters and its check, with the types folded away. */
export interface BuiltIn {
  /** True when the rule looks at the human answers and so waits for them. */
  readonly params: z.ZodType;
  /** The budget is that of the calculations, over all rules of the audit. */
  run(inputs: EngineInputs, params: unknown, calculations: Budget): Finding;
}
export type BuiltIns = Readonly<Record<string, BuiltIn>>;

const noParams = z.strictObject({});

/** A built-in without parameters. */
export const plain = (check: (inputs: EngineInputs, calculations: Budget) => Finding): BuiltIn => ({
  params: noParams,
  run: (inputs, _params, calculations) => check(inputs, calculations),
});

/** A built-in with parameters a sheet may set; left-out ones have their defaults. */
export function tuned<S extends z.ZodType>(
  params: S,
  check: (inputs: EngineInputs, params: z.output<S>) => Finding,
): BuiltIn {
  return { params, run: (inputs, given) => check(inputs, params.parse(given)) };
}
