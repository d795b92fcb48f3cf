import { z } from 'zod';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { cookStates, failureClasses, methods } from './rules.js';

const word = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _, at most 40');
const text = z.string().min(1).max(200);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex');
export const cookId = z.string().regex(idPattern('cook'));
export const cookParams = z.strictObject({ cook_id: cookId });
export const artifactParams = cookParams.extend({ artifact_id: z.string().regex(idPattern('artifact')) });

export const datasetRef = z.strictObject({
  slug: text,
  version: z.string().max(40),
  sha256,
  grant_id: z.string().max(60).optional(),
  split: z.string().max(60).default('train'),
  max_records: z.int().min(1).optional(),
});
export const modelRef = z.strictObject({
  slug: text,
  revision: z.string().max(100),
  sha256: sha256.optional(),
  pin_id: z.string().max(60).optional(),
});
const hyper = z.strictObject({
  sequence_len: z.int().min(1).max(10_000_000).optional(),
  micro_batch_size: z.int().min(1).max(65_536).optional(),
  gradient_accumulation_steps: z.int().min(1).max(65_536).optional(),
  epochs: z.number().min(0).max(10_000).optional(),
  max_steps: z.int().min(1).optional(),
  learning_rate: z.number().max(100).optional(),
  scheduler: word.optional(),
  warmup: z.number().min(0).optional(),
  optimizer: word.optional(),
  precision: z.enum(['fp32', 'tf32', 'fp16', 'bf16', 'fp8']).optional(),
  quantization: word.optional(),
  lora: z
    .strictObject({
      r: z.int().min(1).max(4096),
      alpha: z.number().min(0),
      dropout: z.number().min(0).max(1).default(0),
      targets: z.array(text).max(50).default([]),
    })
    .optional(),
  packing: z.boolean().optional(),
  gradient_checkpointing: z.boolean().optional(),
  seed: z.int().min(0).optional(),
});

/** What is asked of a cook, whole. Everything but the shape is judged by rules.ts. */
export const recipeSchema = z
  .strictObject({
    base_model: modelRef,
    method: z.enum(methods),
    datasets: z.array(datasetRef).max(20).default([]),
    hyper: hyper.default({}),
    eval: z
      .strictObject({
        flight_sheet: word.optional(),
        suite: text,
        baseline_run_id: z.string().regex(idPattern('run')).optional(),
        metric: word,
        min_lift: z.number().min(0).default(0),
        n: z.int().min(1).max(20_000),
      })
      .optional(),
    resources: z
      .strictObject({
        gpu_kinds: z.array(word).max(1).default([]),
        gpu_count: z.int().min(0).max(1024).default(0),
        min_vram_gb: z.number().min(0).max(100_000).optional(),
        est_peak_vram_gb: z.number().min(0).max(100_000).optional(),
        max_hours: z.number().min(0.01).max(24).default(24),
        max_cost_cents: z.int().min(0).optional(),
        est_cost_cents: z.int().min(0).optional(),
      })
      .prefault({}),
    runner_labels: z.array(word).max(4).default([]),
    outputs: z
      .array(z.strictObject({ kind: word, required: z.boolean().default(true) }))
      .max(20)
      .default([]),
    priority: z.int().min(0).max(100).default(50),
    max_attempts: z.int().min(1).max(5).default(3),
    data_policy_ack: text.meta({ description: 'Version of the training-data policy that the requester accepts.' }),
    config_sha256: sha256.optional(),
  })
  .meta({ id: 'CookRecipe' });
export type Recipe = z.output<typeof recipeSchema>;

export const cookQuery = z.strictObject({ dry_run: z.stringbool().default(false) });
export const cookPayload = recipeSchema.extend({ cook_id: cookId, run_id: z.string() });

const progress = z.strictObject({ done: z.number().min(0), total: z.number().min(0), unit: z.string().max(40) });
export const progressSchema = progress;
export const metricsSchema = z.record(z.string().max(60), z.number());
export const failureView = z.strictObject({
  class: z.enum(failureClasses),
  retryable: z.boolean(),
  message: z.string(),
});
const liftView = z.strictObject({
  claim: z.string(),
  metric: z.string().nullable(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  n: z.int().nullable(),
  lift: z.number().nullable(),
  ci95: z.array(z.number()).nullable(),
  seeds: z.array(z.int()),
  contamination: z.strictObject({ eval_items: z.int(), overlapping: z.int() }).nullable(),
});
const summaryFields = {
  id: z.string(),
  run_id: z.string(),
  state: z.enum(cookStates),
  cancel_requested: z.boolean(),
  method: z.enum(methods),
  queue: z.string(),
  priority: z.int(),
  attempt: z.int(),
  max_attempts: z.int(),
  recipe_sha256: z.string(),
  receipt_id: z.string().nullable(),
  requested_by: z.string(),
  created_at: z.iso.datetime(),
  started_at: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
};
export const cookSummaryView = z.strictObject(summaryFields).meta({ id: 'CookSummary' });
export const dryRunView = z
  .strictObject({
    dry_run: z.literal(true),
    acceptable: z.boolean(),
    queue: z.string(),
    recipe_sha256: z.string(),
    refusals: z.array(z.strictObject({ code: z.string(), path: z.string(), message: z.string() })),
  })
  .meta({ id: 'CookDryRun' });
export const cooksQuery = z.strictObject({
  ...pageQuery,
  run_id: z.string().optional(),
  state: z.enum(cookStates).optional(),
});
export const cooksView = z.strictObject({ data: z.array(cookSummaryView), next_cursor: z.string().nullable() });
export const artifactView = z.strictObject({
  id: z.string(),
  attempt: z.int(),
  kind: z.string(),
  name: z.string(),
  size: z.int(),
  sha256: z.string(),
  media_type: z.string(),
  verified: z.boolean(),
});
export const linkView = z
  .strictObject({ url: z.url(), expires_at: z.iso.datetime(), sha256: z.string(), size: z.int() })
  .meta({ id: 'ArtifactLink' });
export const cookDetailView = z
  .strictObject({
    ...summaryFields,
    recipe: recipeSchema,
    failure: failureView.nullable(),
    lift: liftView.nullable(),
    lease: z.strictObject({ attempt: z.int(), runner: z.string(), expires_at: z.iso.datetime() }).nullable(),
    attempts: z.array(
      z.strictObject({
        attempt: z.int(),
        runner: z.string(),
        transport: z.enum(['http', 'native']),
        state: z.enum(['live', 'lost', 'failed', 'accepted']),
        claimed_at: z.iso.datetime(),
        started_at: z.iso.datetime().nullable(),
        heartbeat_at: z.iso.datetime(),
        ended_at: z.iso.datetime().nullable(),
        progress: progress.nullable(),
        metrics: metricsSchema.nullable(),
        log_bytes: z.int(),
      }),
    ),
    artifacts: z.array(artifactView),
    timeline: z.array(
      z.strictObject({ at: z.iso.datetime(), kind: z.string(), attempt: z.int().nullable(), data: z.unknown() }),
    ),
  })
  .meta({ id: 'Cook' });
