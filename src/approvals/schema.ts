import { z } from 'zod';

export const decisionBody = z.strictObject({
  decision: z.enum(['approved', 'rejected', 'escalated']),
  note: z.string().max(10_000).optional(),
  conditions: z.array(z.string().max(2000)).max(50).default([]),
  escalate_to: z.string().max(40).optional(),
  verdict_digest: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Decide only on this verdict; 409 when it has changed.' }),
});
export const decidePayload = decisionBody.extend({ approval_id: z.string() });
export type Decide = z.output<typeof decidePayload>;
export const approvalView = z
  .strictObject({
    id: z.string(),
    run_id: z.string(),
    decision: z.enum(['approved', 'rejected', 'escalated']),
    note: z.string().nullable(),
    conditions: z.array(z.string()),
    escalate_to: z.string().nullable(),
    approver: z.strictObject({
      user_id: z.string(),
      role: z.string(),
      auth_method: z.string(),
      auth_time: z.iso.datetime(),
    }),
    verdict_digest: z.string(),
    created_at: z.iso.datetime(),
    voided: z.boolean(),
  })
  .meta({ id: 'Approval' });
/** A decision together with where it left the run. */
export const decidedView = z.strictObject({ approval: approvalView, run_state: z.string() }).meta({ id: 'Decided' });
