import type { EngineInputs } from './frozen.js';

/** The names an expression of a sheet may begin with. */
export const roots = [
  'output',
  'claims',
  'calculations',
  'evidence',
  'inputs',
  'assumptions',
  'missing_inputs',
  'usage',
  'agent',
  'model',
  'run',
  'submission',
  'clock',
] as const;

/** What the expressions of a sheet read; without a submission its parts are missing operands. */
export function scopeOf(inputs: EngineInputs): Readonly<Record<(typeof roots)[number], unknown>> {
  const { submission, run } = inputs;
  return {
    output: submission?.output,
    claims: submission?.claims,
    calculations: submission?.calculations,
    evidence: inputs.evidence,
    inputs: run.inputs,
    assumptions: submission?.assumptions,
    missing_inputs: submission?.missing_inputs,
    usage: submission?.usage ?? undefined,
    agent: submission?.agent,
    model: submission?.model ?? undefined,
    run: { lane: run.lane, title: run.title, attempt: run.attempt, labels: run.labels },
    submission: submission ? { submitted_at: submission.submitted_at, attempt: submission.attempt } : undefined,
    clock: inputs.clock,
  };
}
