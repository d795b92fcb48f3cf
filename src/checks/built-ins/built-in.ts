import { z } from 'zod';
import type { Finding } from '../finding.js';
import type { EngineInputs } from '../frozen.js';

/** A rule that ships with the engine: its parameters and its check, with the types folded away. */
export interface BuiltIn {
  /** True when the rule looks at the human answers and so waits for them. */
  readonly params: z.ZodType;
  run(inputs: EngineInputs, params: unknown): Finding;
}
export type BuiltIns = Readonly<Record<string, BuiltIn>>;

const noParams = z.strictObject({});

/** A built-in without parameters. */
export const plain = (check: (inputs: EngineInputs) => Finding): BuiltIn => ({ params: noParams, run: check });

/** A built-in with parameters a sheet may set; left-out ones have their defaults. */
export function tuned<S extends z.ZodType>(
  params: S,
  check: (inputs: EngineInputs, params: z.output<S>) => Finding,
): BuiltIn {
  return { params, run: (inputs, given) => check(inputs, params.parse(given)) };
}
