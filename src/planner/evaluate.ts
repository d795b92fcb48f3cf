import { serveMemory, totalBytes, trainMemory, type Component } from './memory.js';
import { parallelismOf, unsupported, type Plan } from './plan.js';
import type { Judged } from './rules.js';
import { calibration } from './tables/calibration.js';
import { findPrice, type PriceBand } from './tables/prices.js';
import { speedOf, type Speed } from './speed.js';

/** Everything that is known of a plan. */
export interface Evaluation {
  readonly plan: Plan;
  readonly reasons: readonly string[];
  readonly components: readonly Component[];
  readonly judged: Judged;
  readonly lowerFactor: number;
  readonly speed: Speed;
  readonly price: PriceBand | null;
  readonly unmet: readonly string[];
}
const GIB = 1024 ** 3;

/** Prompt tokens that one step of an engine processes; all of them where it does not cut prompts up. */
const stepTokens = {
  vllm: 2048,
  'tensorrt-llm': 2048,
  'llama.cpp': 512,
  transformers: Number.MAX_SAFE_INTEGER,
} as const;
/** vLLM fills nine tenths of a card and leaves the context of the device to the rest. */
const VLLM_SHARE = 0.9;

export function componentsOf(plan: Plan): readonly Component[] {
  const { request, model, sizes, quantization, context, engine, count } = plan;
  if (request.goal === 'train') {
    const { training } = request;
    return trainMemory(
      model,
      sizes,
      quantization,
      {
        method: training.method,
        sequence: context,
        microBatch: training.micro_batch,
        checkpointing: training.gradient_checkpointing,
        flashAttention: training.flash_attention,
        optimizer: training.optimizer,
        rank: training.lora_rank,
        targets: training.lora_targets,
        gpus: count,
        zeroStage: training.zero_stage,
        allocatorOnly: false,
      },
      calibration.trainMemory.constants,
    );
  }
  const tensor = parallelismOf(plan) === 'tensor';
  const load = {
    tokens: context,
    sequences: tensor ? request.concurrency : Math.ceil(request.concurrency / count),
    cacheElementBytes: request.cache_precision === 'fp8' ? 1 : 2,
    degree: tensor ? count : 1,
    stepTokens: stepTokens[engine],
    contextOutside: engine === 'vllm',
  };
  return serveMemory(model, sizes, quantization, load, calibration.serveMemory.constants);
}

/** What one accelerator can give. */
export function usableBytes({ request, gpu, memoryGb, engine }: Plan): number {
  const share = request.goal === 'serve' && engine === 'vllm' ? VLLM_SHARE : 1;
  return memoryGb * GIB * gpu.usableShare * share;
}

/** Bytes of one accelerator alone, for searches that need nothing else. */
export const neededBytes = (plan: Plan): number => totalBytes(componentsOf(plan));

export function evaluate(plan: Plan): Evaluation {
  const reasons = unsupported(plan);
  const components = componentsOf(plan);
  const band = plan.request.goal === 'serve' ? calibration.serveMemory : calibration.trainMemory;
  const needed = totalBytes(components);
  const usable = usableBytes(plan);
  const speed = speedOf(plan, needed > usable);
  const price = findPrice(plan.gpu.slug);
  const unmet = unmetTargets(plan, speed, price);
  const judged = {
    supported: reasons.length === 0,
    neededBytes: needed,
    usableBytes: usable,
    upperFactor: band.tooLow,
    targetsMet: unmet.length === 0,
  };
  return { plan, reasons, components, judged, lowerFactor: 1 / band.tooHigh, speed, price, unmet };
}

/** Targets that the estimate does not reach; what is not known is not reached. */
function unmetTargets({ request, count }: Plan, speed: Speed, price: PriceBand | null): readonly string[] {
  const { targets } = request;
  const perHour = price === null ? null : price.lowUsd * count;
  const total = perHour === null || speed.hours === null ? null : perHour * speed.hours;
  const unmet: string[] = [];
  const ask = (name: string, limit: number | undefined, value: number | null, least = false): void => {
    if (limit === undefined) return;
    if (value === null) unmet.push(`${name} ${String(limit)} cannot be judged: the figure is not known.`);
    else if (least ? value < limit : value > limit)
      unmet.push(`${name} is ${String(limit)}, the estimate ${value.toPrecision(3)}.`);
  };
  ask('min_tokens_per_second', targets.min_tokens_per_second, speed.tokensPerSecond, true);
  ask(
    'max_first_token_ms',
    targets.max_first_token_ms,
    speed.firstTokenSeconds === null ? null : speed.firstTokenSeconds * 1000,
  );
  ask('max_hours', targets.max_hours, speed.hours);
  ask('max_usd_per_hour', targets.max_usd_per_hour, perHour);
  ask('max_usd_total', targets.max_usd_total, total);
  return unmet;
}
