import { z } from 'zod';
import { pageQuery } from '../http/paging.js';

export const lanes = ['agent', 'dataset', 'compute', 'cook', 'other'] as const;
export const severities = ['critical', 'major', 'minor', 'info'] as const;
export type Severity = (typeof severities)[number];

/** What a human rule asks for: a value, so that a yes is never a reflex. */
const responseSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('boolean') }),
  z.strictObject({ type: z.literal('enum'), options: z.array(z.string()).min(2) }),
  z.strictObject({ type: z.literal('number'), unit: z.string().optional(), min: z.number(), max: z.number() }),
  z.strictObject({ type: z.literal('text'), min_length: z.int().min(1) }),
]);

const ruleFields = {
  id: z.string().regex(/^[A-Z]{2,5}-\d{3}$/),
  title: z.string().min(1).max(200),
  category: z.enum(['structure', 'schema', 'math', 'evidence', 'policy', 'safety', 'provenance', 'human']),
  severity: z.enum(severities),
  bucket: z.enum(['work_defect', 'finding', 'stack_fit', 'process']),
  remediation: z.string().min(1).max(500),
};
export const ruleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('auto'), check: z.string(), ...ruleFields }),
  z.strictObject({ kind: z.literal('human'), response: responseSchema, forbid_submitter: z.boolean(), ...ruleFields }),
]);
export type Rule = z.output<typeof ruleSchema>;

export const fourEyesSchema = z.strictObject({
  required_approvals: z.int().min(1).max(5),
  forbid_submitter: z.boolean(),
  forbid_grader: z.boolean(),
});
export type FourEyes = z.output<typeof fourEyesSchema>;

export const flightSheetSchema = z
  .strictObject({
    slug: z.string().regex(/^[a-z0-9-]{3,60}$/),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    name: z.string(),
    lane: z.enum(lanes),
    summary: z.string(),
    assignment_instructions: z.string(),
    required_output_schema: z.record(z.string(), z.unknown()).nullable(),
    strict_submission: z.boolean(),
    rules: z.array(ruleSchema).min(1),
    tolerance: z.strictObject({ pass: z.number(), info: z.number(), major: z.number(), absolute_floor: z.number() }),
    four_eyes: fourEyesSchema,
    standards: z.array(z.strictObject({ framework: z.string(), clause: z.string() })),
    state: z.enum(['draft', 'active', 'deprecated', 'retired']),
  })
  .meta({ id: 'FlightSheet' });
export type FlightSheet = z.output<typeof flightSheetSchema>;

export const flightSheetSummary = z.strictObject({
  slug: z.string(),
  version: z.string(),
  digest: z.string(),
  name: z.string(),
  lane: z.enum(lanes),
  summary: z.string(),
});
export const flightSheetsView = z.strictObject({
  data: z.array(flightSheetSummary),
  next_cursor: z.string().nullable(),
});
export const flightSheetsQuery = z.strictObject({ limit: pageQuery.limit });
