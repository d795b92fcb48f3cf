import { z } from 'zod';
import { profileId } from '../agent-profiles/schema.js';
import { approvalView } from '../approvals/schema.js';
import { auditView, verdictView } from '../checks/schema.js';
import { evidenceView } from '../evidence/schema.js';
import { fourEyesSchema, lanes } from '../flight-sheets/schema.js';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { submissionView } from '../submissions/schema.js';
import { runEvents, runStates } from './rules.js';

export const runId = z.string().regex(idPattern('run'));
export const runParams = z.strictObject({ run_id: runId });

export const openRunBody = z.strictObject({
  project_id: z.string().max(40),
  title: z.string().trim().min(1).max(200),
  flight_sheet: z.strictObject({ slug: z.string().max(60), version: z.string().max(20).optional() }),
  lane: z.enum(lanes).optional(),
  assignment: z.string().max(65_536).optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  four_eyes: fourEyesSchema.optional().meta({ description: 'Stricter than the sheet; never weaker.' }),
  labels: z.record(z.string().max(50), z.string().max(500)).default({}),
  client_ref: z.string().max(200).optional(),
  agent_profile: z
    .strictObject({
      id: profileId,
      digest: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    })
    .optional()
    .meta({ description: 'The agent that works on it; the newest snapshot unless a digest is named.' }),
});
export const openRunPayload = openRunBody.extend({ run_id: runId });

const sheetRef = z.strictObject({ slug: z.string(), version: z.string(), digest: z.string() });
const summaryFields = {
  id: z.string(),
  project_id: z.string(),
  title: z.string(),
  lane: z.enum(lanes),
  flight_sheet: sheetRef,
  state: z.enum(runStates),
  version: z.int(),
  attempt: z.int(),
  verdict: verdictView.nullable(),
  receipt_id: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  client_ref: z.string().nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};
export const runSummaryView = z.strictObject(summaryFields).meta({ id: 'RunSummary' });
export const runsView = z.strictObject({ data: z.array(runSummaryView), next_cursor: z.string().nullable() });
export const runsQuery = z.strictObject({
  ...pageQuery,
  project_id: z.string().optional(),
  state: z.enum(runStates).optional(),
});

const actionView = z.strictObject({ action: z.enum(runEvents), allowed: z.boolean(), because: z.string().nullable() });
export const runDetailView = z
  .strictObject({
    ...summaryFields,
    assignment: z.string().nullable(),
    inputs: z.record(z.string(), z.unknown()),
    four_eyes: fourEyesSchema,
    evidence_root: z.string().nullable(),
    evidence: z.array(evidenceView),
    submission: submissionView.nullable(),
    audits: z.array(auditView),
    approvals: z.array(approvalView),
    receipt: z.strictObject({ id: z.string(), issued_at: z.iso.datetime(), share_url: z.url() }).nullable(),
    cooks: z.array(z.string()),
    agent_profile: z.strictObject({ id: z.string(), digest: z.string() }).nullable(),
    incidents: z.array(z.string()),
    incidents_open: z.int(),
    frozen: z.boolean().meta({ description: 'An open critical incident of the run or its agent holds it.' }),
    timeline: z.array(
      z.strictObject({ at: z.iso.datetime(), actor: z.string(), action: z.string(), target: z.string() }),
    ),
    actions: z.array(actionView),
  })
  .meta({ id: 'Run' });
