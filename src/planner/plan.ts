import { Refusal } from '../kernel/refusals.js';
import { architectureFaults, sizesOf, type Architecture, type Sizes } from './architecture.js';
import type { AssessmentRequest } from './schema.js';
import type { Gpu } from './tables/gpu.js';
import { findGpu, gpus } from './tables/gpus.js';
import { findModel, models } from './tables/models.js';
import { findQuantization, quantizations, type Quantization } from './tables/quantizations.js';

/** A request with every name looked up and every default decided: what the formulas work on. */
export interface Plan {
  readonly request: AssessmentRequest;
  readonly slug: string | null;
  readonly model: Architecture;
  readonly sizes: Sizes;
  readonly quantization: Quantization;
  readonly engine: NonNullable<AssessmentRequest['engine']>;
  readonly context: number;
  readonly gpu: Gpu;
  readonly count: number;
  readonly memoryGb: number;
}
/** A plan that has not been put on anything yet. */
export type Workload = Omit<Plan, 'gpu' | 'count' | 'memoryGb'>;

/** Context that is planned with when none is given: a model's full context makes nothing fit. */
export const DEFAULT_CONTEXT = 8192;

/** Looks up model and quantization; refuses what is unknown or impossible, with the list of what is known. */
export function readWorkload(request: AssessmentRequest): Workload {
  const quantization = requireQuantization(request.quantization);
  const { slug, architecture } = readModel(request.model);
  return {
    request,
    slug,
    model: architecture,
    sizes: sizesOf(architecture),
    quantization,
    engine: request.engine ?? (quantization.family === 'gguf' ? 'llama.cpp' : 'vllm'),
    context: request.context ?? Math.min(architecture.context, DEFAULT_CONTEXT),
  };
}

function readModel(model: AssessmentRequest['model']): { slug: string | null; architecture: Architecture } {
  if ('slug' in model) {
    const known = findModel(model.slug);
    if (!known) {
      const list = models.map(({ slug }) => slug).join(', ');
      throw new Refusal(
        'unknown_model',
        `There is no model ${JSON.stringify(model.slug)}; send its architecture, or one of: ${list}.`,
      );
    }
    return { slug: known.slug, architecture: known.architecture };
  }
  const faults = architectureFaults(model.architecture);
  if (faults.length > 0) {
    const errors = faults.map(({ path, message }) => ({
      path: `/model/architecture${path}`,
      code: 'impossible',
      message,
    }));
    throw new Refusal(
      'invalid_architecture',
      `No model can be built like this: ${errors[0]?.path ?? ''} ${errors[0]?.message ?? ''}.`,
      { errors },
    );
  }
  return { slug: null, architecture: model.architecture };
}

export function requireQuantization(name: string): Quantization {
  const found = findQuantization(name);
  if (found) return found;
  const list = quantizations.map((known) => known.name).join(', ');
  throw new Refusal('unknown_quantization', `There is no quantization ${JSON.stringify(name)}; there are: ${list}.`);
}

/** Puts a workload on a number of accelerators of one kind. */
export function place(workload: Workload, slug: string, count: number, memoryGb?: number): Plan {
  const gpu = findGpu(slug);
  if (!gpu) {
    const list = gpus.map((known) => known.slug).join(', ');
    throw new Refusal('unknown_gpu', `There is no accelerator ${JSON.stringify(slug)}; there are: ${list}.`);
  }
  const most = gpu.memoryGb.value;
  return { ...workload, gpu, count, memoryGb: gpu.form === 'unified' ? Math.min(memoryGb ?? most, most) : most };
}

/** The same plan under a changed request. */
export const rework = (plan: Plan, changes: Partial<AssessmentRequest>): Plan => {
  const workload = readWorkload({ ...plan.request, context: plan.context, ...changes });
  return { ...workload, gpu: plan.gpu, count: plan.count, memoryGb: plan.memoryGb };
};

/** How the accelerators share the work. */
export function parallelismOf({ request, count }: Plan): 'single' | 'tensor' | 'replicas' | 'data' | 'zero' {
  if (count === 1) return 'single';
  if (request.goal === 'serve') return request.parallelism;
  return request.training.zero_stage > 0 ? 'zero' : 'data';
}

/** Why this cannot be assessed: nothing here is guessed instead. */
export function unsupported(plan: Plan): readonly string[] {
  const { gpu, count, engine, quantization, model, request } = plan;
  const reasons: string[] = [];
  const no = (when: boolean, reason: string): void => {
    if (when) reasons.push(reason);
  };
  no(gpu.form === 'unified' && count > 1, 'Several machines with unified memory are not one accelerator.');
  if (request.goal === 'serve') {
    no(engine === 'tensorrt-llm' && gpu.vendor !== 'nvidia', 'TensorRT-LLM runs on NVIDIA alone.');
    no(gpu.vendor === 'apple' && engine !== 'llama.cpp', `${engine} does not run on Apple GPUs; ask for llama.cpp.`);
    no(
      (quantization.family === 'gguf') !== (engine === 'llama.cpp') && quantization.family !== 'float',
      `${engine} does not serve ${quantization.name}.`,
    );
    const splits = parallelismOf(plan) === 'tensor';
    no(
      splits && model.heads % count !== 0,
      `${String(count)} accelerators cannot share ${String(model.heads)} heads evenly.`,
    );
  } else {
    const { method } = request.training;
    no(
      quantization.family === 'gguf' || quantization.family === 'mxfp4',
      `${quantization.name} is a format to serve, not to train from.`,
    );
    no(
      method === 'full' && !['bf16', 'fp16'].includes(quantization.name),
      `A full fine-tune trains 16-bit weights, not ${quantization.name}.`,
    );
    no(method === 'qlora' && quantization.family === 'float', 'QLoRA needs a quantized base, such as nf4.');
    no(gpu.vendor === 'apple', 'Training is not measured on Apple GPUs.');
  }
  return reasons;
}
