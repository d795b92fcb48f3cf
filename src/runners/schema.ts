import { z } from 'zod';
import { cookStates, failureClasses, methods } from '../cooks/rules.js';
import { cookId, metricsSchema, progressSchema, recipeSchema, sha256 } from '../cooks/schema.js';
import { idPattern } from '../kernel/ids.js';
import { directives, runnerStates } from './rules.js';

const word = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/);
export const runnerParams = z.strictObject({ runner_id: z.string().regex(idPattern('runner')) });

export const capabilitiesSchema = z.strictObject({
  gpu: z.array(word).min(1).max(8).meta({ description: 'Kinds of GPU it has; "cpu" for none.' }),
  gpu_count: z.int().min(0).max(1024).default(0),
  vram_gb: z.number().min(0).max(100_000).default(0),
  driver: z.string().max(100).optional(),
  framework: z.string().max(100).optional(),
  methods: z.array(z.enum(methods)).max(methods.length).default([]),
});
const identity = {
  runner_id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
    .meta({ description: "The runner's own name, one per key." }),
  labels: z.array(word).max(8).default([]),
  capabilities: capabilitiesSchema,
};
export const nextBody = z.strictObject({
  ...identity,
  wait_s: z.int().min(0).max(50).default(25),
  last_seen: z.string().max(60).optional().meta({ description: 'Id of the last cook it worked on; for the log only.' }),
});
export type NextBody = z.output<typeof nextBody>;
export const claimBody = z.strictObject({ ...identity, workflow_run_id: z.uuid() });
export type ClaimBody = z.output<typeof claimBody>;

const lease = { lease_token: z.string().regex(/^[\w-]{43}$/), fence: z.int().min(1) };
const directive = z.enum(directives);
export const claimView = z
  .strictObject({
    cook: z.strictObject({ id: cookId, recipe: recipeSchema, recipe_sha256: z.string() }),
    attempt: z.int(),
    ...lease,
    lease_expires_at: z.iso.datetime(),
    heartbeat_every_s: z.int(),
    checkpoint: z.unknown().meta({ description: 'What the last attempt left as its checkpoint, or null.' }),
    log: z.strictObject({ max_chunk_bytes: z.int(), max_bytes: z.int() }),
    directive,
  })
  .meta({ id: 'CookClaim' });
export type ClaimView = z.input<typeof claimView>;

const JSON_KIB = 8;
const small = z
  .unknown()
  .refine(
    (value) => JSON.stringify(value ?? null).length <= JSON_KIB * 1024,
    `at most ${String(JSON_KIB)} KiB of JSON`,
  );
export const logLimits = { max_chunk_bytes: 256 * 1024, max_bytes: 32 * 1024 * 1024 } as const;
export const statusBody = z.strictObject({
  ...lease,
  state: z.enum(['preparing', 'running', 'uploading']),
  progress: progressSchema.optional(),
  metrics: metricsSchema.optional(),
  checkpoint: small.optional(),
  log: z
    .strictObject({
      seq: z.int().min(0),
      offset: z.int().min(0),
      gzip: z.base64().max(Math.ceil((logLimits.max_chunk_bytes * 4) / 3) + 4),
      sha256,
    })
    .optional(),
  sent_at: z.string().max(40).optional().meta({ description: 'Kept apart: the clock of a runner is never trusted.' }),
});
export type StatusBody = z.output<typeof statusBody>;
export const statusView = z
  .strictObject({
    directive,
    state: z.enum(cookStates),
    lease_expires_at: z.iso.datetime(),
    next_in_s: z.int(),
    log_offset: z.int(),
  })
  .meta({ id: 'CookStatus' });

const filename = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, dot, - and _, at most 100');
export const MAX_ARTIFACT_BYTES = 5 * 1024 ** 3;
export const uploadBody = z.strictObject({
  ...lease,
  kind: word,
  name: filename,
  size: z.int().min(1).max(MAX_ARTIFACT_BYTES),
  sha256,
  media_type: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/)
    .max(100)
    .default('application/octet-stream'),
});
export type UploadBody = z.output<typeof uploadBody>;
export const uploadView = z
  .strictObject({
    artifact_id: z.string(),
    method: z.literal('PUT'),
    url: z.url(),
    headers: z.record(z.string(), z.string()),
    expires_at: z.iso.datetime(),
    directive,
  })
  .meta({ id: 'ArtifactUpload' });

const measured = z.strictObject({
  metric: word,
  items: z.array(z.tuple([z.number(), z.number()])).max(20_000),
  seeds: z.array(z.int()).max(100),
  contamination: z.strictObject({ eval_items: z.int().min(0), overlapping: z.int().min(0) }),
});
export const completeBody = z.strictObject({
  ...lease,
  metrics: measured.optional().meta({ description: 'Scores before and after per held-out item; we compute the rest.' }),
  artifacts: z
    .array(z.strictObject({ kind: word, name: filename, size: z.int().min(1), sha256 }))
    .max(100)
    .default([]),
  runtime: z.record(z.string().max(60), z.union([z.string().max(200), z.number()])).default({}),
});
export type CompleteBody = z.output<typeof completeBody>;
export const failBody = z.strictObject({
  ...lease,
  class: z.enum(failureClasses),
  retryable: z.boolean(),
  message: z
    .string()
    .max(4096)
    .refine((text) => Buffer.byteLength(text) <= 4096, 'at most 4 KiB'),
  retry_after_s: z.int().min(0).max(3600).optional(),
  log_tail: z.string().max(4096).optional(),
});
export type FailBody = z.output<typeof failBody>;
export const finishedView = z
  .strictObject({ accepted_as: z.enum(['completed', 'cancelled', 'failed', 'requeued']), attempt: z.int(), directive })
  .meta({ id: 'CookFinished' });
export type FinishedView = z.input<typeof finishedView>;

export const runnerView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    transport: z.enum(['http', 'native']),
    state: z.enum(runnerStates),
    labels: z.array(z.string()),
    capabilities: z.unknown(),
    lost_leases: z.int(),
    live_leases: z.int(),
    last_seen_at: z.iso.datetime(),
  })
  .meta({ id: 'Runner' });
export const runnersView = z.strictObject({ data: z.array(runnerView) });
export const queueView = z
  .strictObject({
    data: z.array(
      z.strictObject({
        queue: z.string(),
        state: z.enum(cookStates),
        count: z.int(),
        oldest: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'CookQueues' });
