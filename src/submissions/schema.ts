import { z } from 'zod';

const numberOrList = z.union([z.number(), z.array(z.number()).max(10_000)]);
const quantity = z.strictObject({
  name: z.string().min(1).max(200),
  value: z.number(),
  unit: z.string().max(50).optional(),
});
const claim = z.strictObject({
  text: z.string().min(1).max(10_000),
  evidence_ids: z.array(z.string().max(40)).max(100),
  quote: z.string().min(1).max(10_000).optional().meta({ description: 'Words that stand in the cited evidence.' }),
  quantities: z.array(quantity).max(100).optional(),
});
const calculation = z.strictObject({
  name: z.string().min(1).max(200),
  expression: z
    .string()
    .min(1)
    .max(2000)
    .meta({ description: 'Over the inputs: + - * / % **, parentheses, sum count mean min max abs sqrt round.' }),
  inputs: z.record(z.string().regex(/^[A-Za-z_]\w{0,63}$/), numberOrList),
  claimed: z.number(),
  unit: z.string().max(50).optional(),
  input_units: z
    .record(z.string().max(64), z.string().max(50))
    .optional()
    .meta({ description: 'Unit of each input, as in USD/hour or m^2; the dimension of the result is then derived.' }),
});
const strings = z.array(z.string().max(10_000)).max(1000).default([]);

export const submissionBody = z.strictObject({
  agent: z.strictObject({ name: z.string().min(1).max(200), version: z.string().max(100) }),
  model: z
    .strictObject({
      name: z.string().min(1).max(200),
      provider: z.string().max(200).optional(),
      revision: z.string().max(200).optional(),
    })
    .optional(),
  output: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()), z.string()]),
  declared_evidence: z.array(z.string().max(40)).max(1000).default([]),
  claims: z.array(claim).max(1000).default([]),
  calculations: z.array(calculation).max(1000).default([]),
  missing_inputs: strings,
  assumptions: strings,
  self_check: z.string().max(10_000).optional(),
  usage: z
    .strictObject({
      tokens: z.int().min(0).optional(),
      cost_cents: z.int().min(0).optional(),
      latency_ms: z.int().min(0).optional(),
    })
    .optional(),
  trace_ref: z.string().max(500).optional(),
});
export const submitPayload = submissionBody.extend({ submission_id: z.string() });
export type Submit = z.output<typeof submitPayload>;

export const submissionView = z
  .strictObject({
    id: z.string(),
    run_id: z.string(),
    attempt: z.int(),
    agent: submissionBody.shape.agent,
    model: submissionBody.shape.model.unwrap().nullable(),
    output: submissionBody.shape.output,
    output_sha256: z.string(),
    evidence_root: z.string(),
    declared_evidence: z.array(z.string()),
    claims: z.array(claim),
    calculations: z.array(calculation),
    missing_inputs: z.array(z.string()),
    assumptions: z.array(z.string()),
    submitted_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Submission' });
/** The answer to a submission leaves out the output, which the caller has. */
export const submittedView = submissionView.omit({ output: true }).meta({ id: 'Submitted' });
