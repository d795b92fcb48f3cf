import { z } from 'zod';
import { profileId } from '../agent-profiles/schema.js';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { article73Classes, incidentKinds, incidentStates, severities } from './rules.js';

export const incidentId = z.string().regex(idPattern('incident'));
export const incidentParams = z.strictObject({ incident_id: incidentId });
const text = (max: number) => z.string().trim().min(1).max(max);
const time = z.iso.datetime();
export const incidentSources = ['human', 'watchdog', 'engine', 'runner', 'ledger'] as const;
export type IncidentSource = (typeof incidentSources)[number];

const ids = z.array(text(120)).max(100);
export const linksSchema = z.strictObject({
  runs: z
    .array(z.string().regex(idPattern('run')))
    .max(100)
    .default([]),
  cooks: ids.default([]),
  datasets: ids.default([]),
  models: ids.default([]),
});
export type Links = z.output<typeof linksSchema>;
export const noLinks: Links = { runs: [], cooks: [], datasets: [], models: [] };

/** What is told of an incident besides its state and its times. */
export const detailsSchema = z.strictObject({
  autonomy_level: text(60).optional(),
  authority_scope: text(2000).optional(),
  blast_radius: text(2000).optional(),
  harm: z.strictObject({ type: text(200), realised: z.boolean() }).optional(),
  affected_parties: z.int().min(0).optional(),
  actions: z.array(text(2000)).max(100).optional(),
  response: z.enum(['lane_locked', 'human_approval_required', 'repair_task', 'none']).optional(),
});
export type Details = z.output<typeof detailsSchema>;

const reportable = z.strictObject({ class: z.enum(article73Classes) }).nullable();
const common = {
  ...detailsSchema.shape,
  awareness_at: time.optional(),
  disclosed_at: time.optional(),
  article73: reportable
    .optional()
    .meta({ description: 'The EU AI Act Article 73 clock, 2, 10 or 15 days from awareness.' }),
  assignee_id: z.string().max(40).optional(),
};

export const openBody = z.strictObject({
  title: text(200),
  kind: z.enum(incidentKinds),
  severity: z.enum(severities),
  state: z.enum(['triage', 'open']).default('open'),
  dedup_key: text(200).optional(),
  agent_profile_id: profileId.optional(),
  occurred_at: time.optional(),
  detected_at: time.optional(),
  links: linksSchema.optional(),
  ...common,
});
export const openPayload = openBody.extend({ incident_id: incidentId });
export type OpenPayload = z.output<typeof openPayload>;

export const changeBody = z.strictObject({
  state: z.enum(incidentStates).optional(),
  reason: text(2000).optional().meta({ description: 'Why it is cancelled or reopened; required for those.' }),
  title: text(200).optional(),
  severity: z.enum(severities).optional(),
  root_cause: text(10_000).optional(),
  occurred_at: time.optional(),
  acknowledged_at: time.optional(),
  mitigated_at: time.optional(),
  resolved_at: time.optional(),
  reported_at: time.optional(),
  links: linksSchema.optional().meta({ description: 'Added to what is linked; a link is never taken away.' }),
  ...common,
});
export const changeById = changeBody.extend({ incident_id: incidentId });
export const changePayload = changeBody.extend({ if_match: z.string().max(40) });
export type ChangePayload = z.output<typeof changePayload>;

export const commentBody = z.strictObject({ text: text(10_000) });
export const receiptBody = z.strictObject({ stage: z.enum(['interim', 'final']).optional() }).optional();
export const receiptPayload = z.strictObject({ stage: z.enum(['interim', 'final']).nullable() });

export const incidentsQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(incidentStates).optional(),
  severity: z.enum(severities).optional(),
  kind: z.enum(incidentKinds).optional(),
  agent_profile_id: profileId.optional(),
  run_id: z.string().max(40).optional(),
});
export const metricsQuery = z.strictObject({ from: time.optional(), to: time.optional() });

const at = time.nullable();
const summary = {
  id: z.string(),
  title: z.string(),
  kind: z.enum(incidentKinds),
  severity: z.enum(severities),
  source: z.enum(incidentSources),
  state: z.enum(incidentStates),
  allowed: z.array(z.enum(incidentStates)),
  version: z.int(),
  dedup_key: z.string().nullable(),
  occurrences: z.int(),
  agent_profile_id: z.string().nullable(),
  assignee_id: z.string().nullable(),
  ...detailsSchema.shape,
  root_cause: z.string().nullable(),
  occurred_at: time,
  detected_at: time,
  awareness_at: at,
  disclosed_at: at,
  acknowledged_at: at,
  mitigated_at: at,
  resolved_at: at,
  closed_at: at,
  article73: z.strictObject({ class: z.enum(article73Classes), deadline_at: time, reported_at: at }).nullable(),
  next_deadline: z.strictObject({ kind: z.enum(['escalate', 'remind_article73']), at: time }).nullable(),
  escalations: z.int(),
  created_at: time,
  updated_at: time,
};
export const incidentView = z.strictObject(summary).meta({ id: 'Incident' });
export const incidentsView = z.strictObject({ data: z.array(incidentView), next_cursor: z.string().nullable() });
export const eventView = z
  .strictObject({
    at: time,
    kind: z.string(),
    actor: z.looseObject({ kind: z.string(), id: z.string() }),
    body: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'IncidentEvent' });
export const incidentDetailView = z
  .strictObject({
    ...summary,
    links: linksSchema,
    timeline: z.array(eventView),
    receipts: z.array(z.strictObject({ id: z.string(), occasion: z.string(), issued_at: time })),
  })
  .meta({ id: 'IncidentDetail' });
export const incidentReceiptView = z
  .strictObject({
    id: z.string(),
    incident_id: z.string(),
    stage: z.enum(['interim', 'final']),
    revision: z.int(),
    payload_sha256: z.string(),
    issued_at: time,
  })
  .meta({ id: 'IncidentReceipt' });
const seconds = z.strictObject({
  median_seconds: z.number().nullable(),
  p90_seconds: z.number().nullable(),
  count: z.int(),
});
export const metricsView = z
  .strictObject({
    opened: z.int(),
    open_now: z.int(),
    by_severity: z.array(
      z.strictObject({ severity: z.enum(severities), acknowledge: seconds, mitigate: seconds, resolve: seconds }),
    ),
  })
  .meta({ id: 'IncidentMetrics' });
