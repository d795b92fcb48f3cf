import { z } from 'zod';
import { ruleSchema, severities } from '../flight-sheets/schema.js';
import { idPattern } from '../kernel/ids.js';

export const checkStatuses = ['open', 'pass', 'flag', 'skip', 'error', 'waived'] as const;
export const verdictView = z
  .strictObject({
    outcome: z.enum(['cleared', 'conditional', 'grounded']),
    because: z.array(z.string()),
    score: z.strictObject({ satisfied: z.int(), applicable: z.int() }),
    counts: z.record(z.enum(checkStatuses), z.int()),
    digest: z.string(),
  })
  .meta({ id: 'Verdict' });
export const checkView = z
  .strictObject({
    id: z.string(),
    rule_id: z.string(),
    rule: ruleSchema,
    status: z.enum(checkStatuses),
    severity: z.enum(severities),
    observed: z.string().nullable(),
    expected: z.string().nullable(),
    detail: z.string(),
    evidence_ids: z.array(z.string()),
    response: z.union([z.boolean(), z.number(), z.string()]).nullable(),
    graded_by: z.string().nullable(),
    graded_at: z.iso.datetime().nullable(),
    grade_reason: z.string().nullable(),
    regraded: z.int(),
    version: z.int(),
    difference: z.string().nullable(),
    pointers: z.array(z.string()),
    grades: z.array(
      z.strictObject({
        by: z.string(),
        at: z.iso.datetime(),
        status: z.enum(['pass', 'flag']),
        response: z.union([z.boolean(), z.number(), z.string()]),
        reason: z.string().nullable(),
      }),
    ),
    previous: z.array(
      z.strictObject({
        status: z.string(),
        response: z.union([z.boolean(), z.number(), z.string()]).nullable(),
        graded_by: z.string().nullable(),
        graded_at: z.iso.datetime().nullable(),
      }),
    ),
    waiver: z
      .strictObject({
        accepted: z.array(z.strictObject({ by: z.string(), reason: z.string(), at: z.iso.datetime() })),
        needed: z.int(),
        expires_at: z.iso.datetime(),
      })
      .nullable(),
  })
  .meta({ id: 'Check' });
export const auditView = z
  .strictObject({
    id: z.string(),
    run_id: z.string(),
    attempt: z.int(),
    kind: z.enum(['flight_sheet', 'core']),
    state: z.enum(['queued', 'running', 'awaiting_human', 'complete', 'failed', 'stale']),
    sheet_digest: z.string(),
    engine_version: z.string(),
    inputs_digest: z.string().nullable(),
    replay_digest: z.string().nullable(),
    verdict: verdictView.nullable(),
    checks: z.array(checkView),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Audit' });

export const gradeBody = z.strictObject({
  status: z.enum(checkStatuses).meta({ description: 'pass or flag; a person neither skips nor re-opens.' }),
  response: z.union([z.boolean(), z.number(), z.string().max(10_000)]),
  reason: z.string().max(10_000).optional(),
  evidence_ids: z.array(z.string().max(40)).max(100).default([]),
});
export const gradePayload = gradeBody.extend({ check_id: z.string(), if_version: z.int().nullable() });
export type Grade = z.output<typeof gradePayload>;
export const waiverBody = z.strictObject({
  reason: z.string().max(10_000),
  expires_at: z.iso.datetime({ offset: true }),
});
export const waivePayload = waiverBody.extend({ check_id: z.string() });
export type Waive = z.output<typeof waivePayload>;
export const checkParams = z.strictObject({
  run_id: z.string().regex(idPattern('run')),
  check_id: z.string().regex(idPattern('check')),
});
export const auditParams = z.strictObject({
  run_id: z.string().regex(idPattern('run')),
  audit_id: z.string().regex(idPattern('audit')),
});
/** Audit and core checks carry no body of their own; the ids are drawn when the command is staged. */
export const auditPayload = z.strictObject({ audit_id: z.string() });
