import { z } from 'zod';
import { architectureSchema } from './architecture.js';
import { verdicts } from './rules.js';

const name = z.string().min(1).max(80);
const count = (most: number): z.ZodInt => z.int().min(1).max(most);
const money = z.number().min(0).max(1_000_000_000);
export const engines = ['vllm', 'tensorrt-llm', 'llama.cpp', 'transformers'] as const;
export const methods = ['full', 'lora', 'qlora', 'dpo'] as const;
export const optimizers = ['adamw', 'adamw_8bit', 'adamw_bf16', 'sgd_momentum'] as const;
export const adapterTargets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export const MOST_CONTEXT = 10_000_000;
export const MOST_SEQUENCES = 100_000;

const training = z.strictObject({
  method: z.enum(methods).default('lora'),
  micro_batch: count(65_536).default(1),
  gradient_accumulation: count(65_536).default(1),
  gradient_checkpointing: z.boolean().default(true),
  flash_attention: z.boolean().default(true),
  optimizer: z.enum(optimizers).default('adamw'),
  lora_rank: count(4096).default(16),
  lora_targets: z.array(z.enum(adapterTargets)).min(1).max(7).default(['q', 'k', 'v', 'o']),
  zero_stage: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]).default(0),
  dataset_tokens: z.int().min(1).max(1_000_000_000_000_000).nullable().default(null),
  epochs: z.number().min(0.001).max(10_000).default(1),
});
const hardware = z.strictObject({
  gpu: name,
  count: count(1024).default(1),
  /** Unified memory comes in many sizes; left out, it is the largest. */
  memory_gb: z.number().min(1).max(10_000).optional(),
});

/** What is asked: one model, one workload, and the accelerators to put it on. */
export const assessmentBody = z
  .strictObject({
    goal: z.enum(['serve', 'train']),
    model: z.union([z.strictObject({ slug: name }), z.strictObject({ architecture: architectureSchema })]),
    quantization: name.default('bf16'),
    context: count(MOST_CONTEXT).optional(),
    output_tokens: count(MOST_CONTEXT).default(256),
    concurrency: count(MOST_SEQUENCES).default(1),
    cache_precision: z.enum(['fp16', 'fp8']).default('fp16'),
    engine: z.enum(engines).optional(),
    parallelism: z.enum(['tensor', 'replicas']).default('tensor'),
    training: training.prefault({}),
    hardware: z.array(hardware).max(16).default([]),
    targets: z
      .strictObject({
        min_tokens_per_second: z.number().min(0).max(1e12).optional(),
        max_first_token_ms: z.number().min(0).max(1e12).optional(),
        max_hours: z.number().min(0).max(1e9).optional(),
        max_usd_per_hour: money.optional(),
        max_usd_total: money.optional(),
      })
      .default({}),
    region: name.optional(),
  })
  .meta({ id: 'StackAssessmentRequest' });
export type AssessmentRequest = z.output<typeof assessmentBody>;

const band = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });
const basis = z.strictObject({
  fitted_on: z.string(),
  observations: z.int(),
  groups: z.int(),
  median_error: z.number(),
  extrapolated: z.boolean(),
});
const component = z.strictObject({
  id: z.string(),
  formula: z.string(),
  operands: z.record(z.string(), z.number()),
  gib: z.number(),
});
const deployment = z.strictObject({
  gpu: z.string(),
  count: z.int(),
  parallelism: z.enum(['single', 'tensor', 'replicas', 'data', 'zero']),
});
const cost = z.strictObject({
  usd_per_hour: z.strictObject({ low: z.number(), high: z.number() }),
  usd_per_million_tokens: z.strictObject({ low: z.number(), high: z.number() }).nullable(),
  usd_per_cook: z.strictObject({ low: z.number(), high: z.number() }).nullable(),
  prices_seen: z.array(z.string()),
  sources: z.array(z.string()),
});
const memory = z.strictObject({
  per_gpu: z.literal(true),
  components: z.array(component),
  needed_gib: band,
  usable_gib: z.number(),
  margin: z.number(),
  basis,
});
const throughput = z.strictObject({
  tokens_per_second: band.nullable(),
  tokens_per_second_per_sequence: band.nullable(),
  first_token_ms: band.nullable(),
  hours: band.nullable(),
  bound: z.enum(['memory', 'compute', 'capacity']),
  formula: z.string(),
  basis,
});
const largest = z.strictObject({ concurrency: z.int(), context: z.int() });
const advice = z.strictObject({
  knob: z.string(),
  from: z.string(),
  to: z.string(),
  saves_gib: z.number(),
  verdict: z.enum(verdicts),
});
const alternative = z.strictObject({
  rank: z.int(),
  ...deployment.shape,
  verdict: z.enum(verdicts),
  needed_gib: z.number(),
  usable_gib: z.number(),
  tokens_per_second: z.number().nullable(),
  usd_per_hour: z.strictObject({ low: z.number(), high: z.number() }).nullable(),
});
/** What a cook can be asked for with; revision and acknowledgement of the data policy are the requester's. */
const cookRecipe = z.strictObject({
  base_model: z.strictObject({ slug: z.string() }),
  method: z.enum(methods),
  hyper: z.strictObject({
    sequence_len: z.int(),
    micro_batch_size: z.int(),
    gradient_accumulation_steps: z.int(),
    optimizer: z.enum(optimizers),
    precision: z.enum(['bf16', 'fp16']),
    quantization: z.string().optional(),
    lora: z.strictObject({ r: z.int(), alpha: z.number(), targets: z.array(z.string()) }).optional(),
    gradient_checkpointing: z.boolean(),
  }),
  resources: z.strictObject({
    gpu_kinds: z.array(z.string()),
    gpu_count: z.int(),
    min_vram_gb: z.number(),
    est_peak_vram_gb: z.number(),
    max_hours: z.number().optional(),
    est_cost_cents: z.int().optional(),
  }),
});

export const assessmentView = z
  .strictObject({
    goal: z.enum(['serve', 'train']),
    verdict: z.enum(verdicts),
    because: z.array(z.string()),
    model: z.strictObject({
      slug: z.string().nullable(),
      params_total: z.number(),
      params_active: z.number(),
      attention: z.string(),
      experts: z.int().nullable(),
    }),
    deployment,
    memory,
    throughput,
    largest,
    cost: cost.nullable(),
    advice: z.array(advice),
    alternatives: z.array(alternative),
    warnings: z.array(z.string()),
    assumptions: z.array(z.string()),
    cook_recipe: cookRecipe.nullable(),
    table_version: z.string(),
    table_sha256: z.string(),
    assessment_sha256: z.string(),
  })
  .meta({ id: 'StackAssessment' });
export type Assessment = z.output<typeof assessmentView>;
