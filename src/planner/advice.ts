import { evaluate, neededBytes, usableBytes, type Evaluation } from './evaluate.js';
import { place, rework, unsupported, type Plan, type Workload } from './plan.js';
import { isUsable, verdictOf, type Verdict } from './rules.js';
import { MOST_CONTEXT, MOST_SEQUENCES, type AssessmentRequest } from './schema.js';
import { gpus } from './tables/gpus.js';

/** One change, what it saves on each accelerator and what the plan is worth with it. */
export interface Advice {
  readonly knob: string;
  readonly from: string;
  readonly to: string;
  readonly savesBytes: number;
  readonly verdict: Verdict;
}
interface Change {
  readonly knob: string;
  readonly from: string | number | boolean;
  readonly to: string | number | boolean;
  readonly plan: Plan;
}

/** Every change of one thing at a time that saves memory or makes the plan usable, the cures first. */
export function adviceFor(evaluation: Evaluation): readonly Advice[] {
  const before = evaluation.judged.neededBytes;
  return changesOf(evaluation.plan)
    .filter(({ plan }) => unsupported(plan).length === 0)
    .map(({ knob, from, to, plan }) => {
      const { judged } = evaluate(plan);
      const savesBytes = before - judged.neededBytes;
      return {
        knob,
        from: String(from),
        to: String(to),
        savesBytes,
        cures: isUsable(judged),
        verdict: verdictOf(judged, false),
      };
    })
    .filter(({ savesBytes, cures }) => savesBytes > 0 || (cures && !isUsable(evaluation.judged)))
    .sort((a, b) => Number(b.cures) - Number(a.cures) || b.savesBytes - a.savesBytes)
    .map(({ cures: _, ...advice }) => advice)
    .slice(0, 12);
}

const less = (value: number): readonly number[] =>
  [value / 2, value / 4, value / 16].map(Math.floor).filter((n) => n >= 1);

function changesOf(plan: Plan): readonly Change[] {
  const { request, context } = plan;
  const { training } = request;
  const asked = (
    knob: string,
    from: Change['from'],
    to: Change['to'],
    changes: Partial<AssessmentRequest>,
  ): Change[] => (from === to ? [] : [{ knob, from, to, plan: rework(plan, changes) }]);
  const trained = (
    knob: keyof AssessmentRequest['training'],
    to: Change['to'] | null,
    changes: Partial<AssessmentRequest['training']>,
  ): Change[] => {
    const from = training[knob];
    return to === null || typeof from === 'object'
      ? []
      : asked(knob, from, to, { training: { ...training, ...changes } });
  };
  const shorter = less(context).flatMap((n) => asked('context', context, n, { context: n }));
  const more = [2, 4, 8]
    .map((factor) => plan.count * factor)
    .filter((count) => count <= 1024)
    .map((count) => ({ knob: 'count', from: plan.count, to: count, plan: { ...plan, count } }));
  if (request.goal === 'serve') {
    const formats =
      request.engine === 'llama.cpp' || plan.engine === 'llama.cpp' ? ['q8_0', 'q6_k', 'q4_k_m'] : ['fp8', 'awq-int4'];
    return [
      ...less(request.concurrency).flatMap((n) => asked('concurrency', request.concurrency, n, { concurrency: n })),
      ...shorter,
      ...formats.flatMap((name) => asked('quantization', plan.quantization.name, name, { quantization: name })),
      ...asked('cache_precision', request.cache_precision, 'fp8', { cache_precision: 'fp8' }),
      ...more,
    ];
  }
  const { method } = training;
  const adapters = method !== 'full';
  return [
    ...less(training.micro_batch).flatMap((n) => trained('micro_batch', n, { micro_batch: n })),
    ...shorter,
    ...trained('gradient_checkpointing', true, { gradient_checkpointing: true }),
    ...trained('flash_attention', true, { flash_attention: true }),
    ...trained('optimizer', 'adamw_8bit', { optimizer: 'adamw_8bit' }),
    ...(adapters ? less(training.lora_rank).flatMap((n) => trained('lora_rank', n, { lora_rank: n })) : []),
    ...(adapters ? [] : asked('method', method, 'lora', { training: { ...training, method: 'lora' } })),
    ...(method === 'dpo'
      ? []
      : asked('method', method, 'qlora', { training: { ...training, method: 'qlora' }, quantization: 'nf4' })),
    ...(plan.count > 1 ? trained('zero_stage', 3, { zero_stage: 3 }) : []),
    ...(training.zero_stage > 0 ? more : []),
  ];
}

/** The largest number up to a limit for which a growing need still fits; 0 when not even one does. */
function largest(limit: number, fits: (n: number) => boolean): number {
  if (!fits(1)) return 0;
  let low = 1;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How many sequences, and how long ones, each with the rest as planned. */
export function largestOf(plan: Plan): { readonly concurrency: number; readonly context: number } {
  const usable = usableBytes(plan);
  const holds = (changed: Plan): boolean => neededBytes(changed) <= usable;
  const { request } = plan;
  const sequences = (n: number): Plan =>
    request.goal === 'serve'
      ? { ...plan, request: { ...request, concurrency: n } }
      : { ...plan, request: { ...request, training: { ...request.training, micro_batch: n } } };
  return {
    concurrency: largest(request.goal === 'serve' ? MOST_SEQUENCES : 65_536, (n) => holds(sequences(n))),
    context: largest(Math.min(plan.model.context, MOST_CONTEXT), (context) => holds({ ...plan, context })),
  };
}

const COUNTS = [1, 2, 4, 8] as const;

/** Every kind and number of accelerators that the workload can be put on as it is: the cheapest first, then the fewest. */
export function alternativesTo(workload: Workload, besides: readonly Plan[]): readonly Evaluation[] {
  const taken = new Set(besides.map(({ gpu, count }) => `${gpu.slug}/${String(count)}`));
  return gpus
    .flatMap((gpu) => COUNTS.map((count) => place(workload, gpu.slug, count)))
    .filter(({ gpu, count }) => !taken.has(`${gpu.slug}/${String(count)}`))
    .filter((plan) => neededBytes(plan) <= usableBytes(plan) && unsupported(plan).length === 0)
    .map(evaluate)
    .filter(({ judged }) => isUsable(judged))
    .sort((a, b) => priceOf(a) - priceOf(b) || a.plan.count - b.plan.count || a.plan.memoryGb - b.plan.memoryGb);
}
/** Least cost by the hour; what has no price comes after everything that has one. */
const priceOf = ({ price, plan }: Evaluation): number => (price === null ? 1e9 : price.lowUsd * plan.count);
