import { z } from 'zod';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { signatureSchemes } from '../receipts/approval-signature.js';
import { decisions } from './rules.js';

const base64url = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/);
/** A signature by a key that the approver holds, over the statement of a challenge. */
const signatureBody = z.strictObject({
  challenge_id: z.string().regex(idPattern('challenge')),
  key_id: z.string().regex(idPattern('approverKey')),
  value: base64url(1024),
  authenticator_data: base64url(4096).optional().meta({ description: 'Of a passkey alone.' }),
  client_data: base64url(8192).optional().meta({ description: 'clientDataJSON of a passkey.' }),
});
export type GivenSignature = z.output<typeof signatureBody>;
export const decisionBody = z.strictObject({
  decision: z.enum(decisions),
  note: z.string().max(10_000).optional(),
  conditions: z.array(z.string().max(2000)).max(50).default([]),
  escalate_to: z.string().max(40).optional(),
  verdict_digest: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Decide only on this verdict; 409 when it has changed.' }),
  signature: signatureBody.optional().meta({
    description: 'Over the statement of POST /runs/{run_id}/approval-challenge; it is carried in the receipt.',
  }),
});
export const decidePayload = decisionBody.extend({ approval_id: z.string() });
export type Decide = z.output<typeof decidePayload>;
export const approvalView = z
  .strictObject({
    id: z.string(),
    run_id: z.string(),
    decision: z.enum(decisions),
    note: z.string().nullable(),
    conditions: z.array(z.string()),
    escalate_to: z.string().nullable(),
    approver: z.strictObject({
      user_id: z.string(),
      role: z.string(),
      auth_method: z.string(),
      auth_time: z.iso.datetime(),
    }),
    signature: z
      .strictObject({ key_id: z.string(), scheme: z.enum(signatureSchemes), valid_until: z.iso.datetime() })
      .nullable(),
    verdict_digest: z.string(),
    created_at: z.iso.datetime(),
    voided: z.boolean(),
    withdrawn_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Approval' });
/** A decision together with where it left the run. */
export const decidedView = z.strictObject({ approval: approvalView, run_state: z.string() }).meta({ id: 'Decided' });

export const withdrawParams = z.strictObject({
  run_id: z.string().regex(idPattern('run')),
  approval_id: z.string().regex(idPattern('approval')),
});
export const withdrawPayload = z.strictObject({ approval_id: z.string() });

export const queueQuery = z.strictObject({ ...pageQuery, state: z.literal('waiting').default('waiting') });
/** A run that waits for a decision, and whether this caller can take it. */
const waitingView = z
  .strictObject({
    run_id: z.string(),
    title: z.string(),
    run_state: z.enum(['audited', 'escalated']),
    verdict: z.strictObject({ outcome: z.string(), digest: z.string() }),
    required_approvals: z.int(),
    approvals: z.int(),
    escalated_to: z.string().nullable(),
    requested_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    may_decide: z.boolean(),
    because: z.string().nullable(),
  })
  .meta({ id: 'WaitingApproval' });
export const queueView = z.strictObject({ data: z.array(waitingView), next_cursor: z.string().nullable() });
