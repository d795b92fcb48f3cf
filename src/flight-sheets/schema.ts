import { z } from 'zod';
import { pageQuery } from '../http/paging.js';

export const lanes = ['agent', 'dataset', 'compute', 'cook', 'other'] as const;
export const severities = ['critical', 'major', 'minor', 'info'] as const;
export type Severity = (typeof severities)[number];
export const sheetStates = ['draft', 'active', 'deprecated', 'retired'] as const;
export type SheetState = (typeof sheetStates)[number];

/** What a human rule asks for: a value, so that a yes is never a reflex. */
const responseSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('boolean') }),
  z.strictObject({ type: z.literal('enum'), options: z.array(z.string()).min(2) }),
  z.strictObject({ type: z.literal('number'), unit: z.string().optional(), min: z.number(), max: z.number() }),
  z.strictObject({ type: z.literal('text'), min_length: z.int().min(1) }),
]);

const expression = z.string().min(1).max(4000);
const kinds = z.array(z.string().max(40)).max(20);
const ruleFields = {
  id: z.string().regex(/^[A-Z]{2,5}-\d{3}$/),
  title: z.string().min(1).max(200),
  category: z.enum(['structure', 'schema', 'math', 'evidence', 'policy', 'safety', 'provenance', 'human']),
  severity: z.enum(severities),
  bucket: z.enum(['work_defect', 'finding', 'stack_fit', 'process']),
  remediation: z.string().min(1).max(500),
  when: expression.optional().meta({ description: 'The rule applies only when this expression is true.' }),
  killer: z.boolean().optional().meta({ description: 'Never waived; must be answered with a value.' }),
  refs: z.array(z.string().max(200)).max(20).optional(),
};
const automaticFields = {
  check: z.string().max(40).meta({ description: 'Key of a built-in rule; POL-001 evaluates expr.' }),
  expr: expression.optional(),
  params: z.record(z.string(), z.unknown()).optional(),
};
const humanFields = {
  response: responseSchema,
  forbid_submitter: z.boolean(),
  graders: z
    .strictObject({ min: z.int().min(1).max(3) })
    .optional()
    .meta({ description: 'How many distinct people must give the same grade; 1 when left out.' }),
  evidence_required: kinds.optional().meta({ description: 'A grade must cite evidence of each of these kinds.' }),
};
export const ruleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('auto'), ...automaticFields, ...ruleFields }),
  z.strictObject({ kind: z.literal('human'), ...humanFields, ...ruleFields }),
  z.strictObject({ kind: z.literal('dual'), ...automaticFields, ...humanFields, ...ruleFields }),
]);
export type Rule = z.output<typeof ruleSchema>;

export const fourEyesSchema = z.strictObject({
  required_approvals: z.int().min(1).max(5),
  forbid_submitter: z.boolean(),
  forbid_grader: z.boolean().meta({ description: 'Nobody who graded a check decides.' }),
  forbid_sole_grader: z
    .boolean()
    .optional()
    .meta({ description: 'Who graded every check alone does not approve; true when left out.' }),
});
export type FourEyes = z.output<typeof fourEyesSchema>;

const requiredEvidence = z.strictObject({
  kind: z.string().max(40),
  min: z.int().min(1).max(1000),
  max_age_hours: z.number().positive().optional(),
  label_pattern: z.string().max(200).optional().meta({ description: 'RE2 syntax.' }),
});

export const flightSheetSchema = z
  .strictObject({
    slug: z.string().regex(/^[a-z0-9-]{3,60}$/),
    version: z.string().regex(/^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/),
    name: z.string().min(1).max(200),
    lane: z.enum(lanes),
    summary: z.string().max(1000),
    assignment_instructions: z.string().max(10_000),
    required_inputs: z.array(z.string().max(100)).max(100).optional(),
    required_evidence: z.array(requiredEvidence).max(50).optional(),
    required_output_schema: z.record(z.string(), z.unknown()).nullable(),
    strict_submission: z.boolean(),
    rules: z.array(ruleSchema).min(1).max(1000),
    tolerance: z.strictObject({
      pass: z.number().min(0),
      info: z.number().min(0),
      major: z.number().min(0),
      absolute_floor: z.number().min(0),
    }),
    verdict_policy: z
      .strictObject({ grounded_on: z.array(z.enum(['critical', 'major', 'minor'])).max(3) })
      .optional()
      .meta({ description: 'Severities whose flags ground the run; never fewer than critical and major.' }),
    four_eyes: fourEyesSchema,
    standards: z.array(z.strictObject({ framework: z.string().max(200), clause: z.string().max(200) })).max(100),
    state: z.enum(sheetStates),
  })
  .meta({ id: 'FlightSheet' });
export type FlightSheet = z.output<typeof flightSheetSchema>;

export const flightSheetSummary = z
  .strictObject({
    slug: z.string(),
    version: z.string(),
    digest: z.string(),
    name: z.string(),
    lane: z.enum(lanes),
    summary: z.string(),
    state: z.enum(sheetStates),
    owner: z.enum(['builtin', 'organization']),
    standards: z.array(z.strictObject({ framework: z.string(), clause: z.string() })),
    created_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'FlightSheetSummary' });
export const flightSheetsView = z.strictObject({
  data: z.array(flightSheetSummary),
  next_cursor: z.string().nullable(),
});
export const versionsView = z.strictObject({ data: z.array(flightSheetSummary) });
export const flightSheetsQuery = z.strictObject(pageQuery);
export const sheetQuery = z.strictObject({ version: z.string().max(40).optional() });
const slug = z.string().max(60);
export const sheetParams = z.strictObject({ slug });
export const versionParams = z.strictObject({ slug, version: z.string().max(40) });
/** A sheet as it arrives: the lint names its faults, all at once, so nothing is refused before it. */
export const sheetBody = z
  .record(z.string(), z.unknown())
  .meta({ description: 'A flight sheet (see FlightSheet), as JSON or as application/yaml.' });
export const stateBody = z.strictObject({ state: z.enum(sheetStates) });
export const lintView = z
  .strictObject({
    ok: z.boolean(),
    digest: z.string().nullable(),
    faults: z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Lint' });
