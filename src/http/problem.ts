import { z } from 'zod';
import { refusals, type Refusal } from '../kernel/refusals.js';

/** RFC 9457 problem details as this API writes them. */
export const problemSchema = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    request_id: z.string(),
    current_state: z.string().optional(),
    allowed: z.array(z.string()).optional(),
    expected_offset: z.int().optional(),
    directive: z.string().optional(),
    quota: z.object({ limit: z.int(), used: z.int(), resets_at: z.string(), of: z.string() }).optional(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details with a stable code.' });
export type Problem = z.output<typeof problemSchema>;

/** Where a problem happened; addresses come from the configuration, never from the Host header. */
export interface ProblemPlace {
  readonly publicUrl: string;
  readonly instance: string;
  readonly requestId: string;
}

/** Writes a refusal as problem details; `type` is a page that explains the code and its cure. */
export function toProblem(refusal: Refusal, { publicUrl, instance, requestId }: ProblemPlace): Problem {
  const { status, title, fix } = refusals[refusal.code];
  const { current_state, allowed, errors, expected_offset, directive, quota } = refusal.details;
  return {
    type: `${publicUrl}/docs/errors/${refusal.code}`,
    title,
    status,
    detail: `${refusal.message} ${fix}`,
    instance,
    code: refusal.code,
    request_id: requestId,
    ...(current_state === undefined ? {} : { current_state }),
    ...(allowed === undefined ? {} : { allowed: [...allowed] }),
    ...(expected_offset === undefined ? {} : { expected_offset }),
    ...(directive === undefined ? {} : { directive }),
    ...(quota === undefined ? {} : { quota: { ...quota } }),
    ...(errors === undefined ? {} : { errors: [...errors] }),
  };
}
