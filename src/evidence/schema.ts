import { z } from 'zod';

export const evidenceKinds = [
  'note',
  'url',
  'observation',
  'tool_output',
  'model_output',
  'log',
  'file',
  'prompt',
  'tool_call_trace',
  'approval_record',
  'environment_snapshot',
  'dataset_manifest',
  'benchmark_output',
  'model_pin',
  'human_statement',
] as const;
export const evidenceStates = [
  'pending_upload',
  'stored',
  'verified',
  'quarantined',
  'rejected',
  'withdrawn',
  'expired',
] as const;
const sensitivities = ['public', 'internal', 'restricted'] as const;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const commonFields = {
  kind: z.enum(evidenceKinds),
  label: z.string().trim().min(1).max(200),
  captured_at: z.iso.datetime({ offset: true }).optional(),
  client_sha256: sha256
    .optional()
    .meta({ description: 'SHA-256 of the bytes as the client has them; refused when they differ.' }),
  sensitivity: z.enum(sensitivities).default('internal'),
};
const sourceSchema = z.strictObject({
  origin: z.string().max(500),
  uri: z.string().max(2000).optional(),
  collector: z.string().max(200).optional(),
  method: z.string().max(500).optional(),
});

export const evidenceBody = z.strictObject({
  ...commonFields,
  content: z.string().min(1).max(262_144),
  media_type: z
    .string()
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+$/)
    .default('text/plain'),
  source: sourceSchema.optional(),
});
export const uploadFields = z.strictObject(commonFields);
/** The parts of an upload, as the OpenAPI document shows them. */
export const uploadBody = z.object({ ...commonFields, file: z.string().meta({ format: 'binary' }) });

/** What the command carries once the bytes are in storage. */
export const attachPayload = z.strictObject({
  ...commonFields,
  evidence_id: z.string(),
  source: sourceSchema.nullable(),
  content: z.string().nullable(),
  filename: z.string().nullable(),
  declared_filename: z.string().nullable(),
  media_type: z.string(),
  size: z.int().min(1),
  sha256,
  object_key: z.string(),
});
export type AttachEvidence = z.output<typeof attachPayload>;

export const evidenceView = z
  .strictObject({
    id: z.string(),
    run_id: z.string(),
    position: z.int(),
    kind: z.enum(evidenceKinds),
    label: z.string(),
    sensitivity: z.enum(sensitivities),
    source: sourceSchema.nullable(),
    captured_at: z.iso.datetime().nullable(),
    filename: z.string().nullable(),
    filename_sanitized: z.boolean(),
    media_type: z.string(),
    size: z.int(),
    sha256,
    state: z.enum(evidenceStates),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Evidence' });
