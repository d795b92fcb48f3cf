import { parallelismOf, type Plan } from './plan.js';
import { calibration } from './tables/calibration.js';
import { operationsPerToken, serveTimes, trainStepSeconds, type Device, type ServeRates } from './throughput.js';

interface Fitted {
  readonly tooHigh: number;
  readonly tooLow: number;
  readonly observations: number;
  readonly groups: number;
  readonly medianError: number;
}
/** How fast a plan runs, and how sure that is. Factors are of seconds: the band of a rate is turned around. */
export interface Speed {
  readonly tokensPerSecond: number | null;
  readonly perSequence: number | null;
  readonly firstTokenSeconds: number | null;
  readonly hours: number | null;
  readonly bound: 'memory' | 'compute' | 'capacity';
  readonly formula: string;
  readonly fittedOn: string;
  readonly basis: Fitted;
  readonly extrapolated: boolean;
}
interface Serving extends Fitted {
  readonly rates: ServeRates;
}
const serving: Readonly<Record<string, Serving>> = calibration.serving;
/** Forms of accelerators, and families of weights, that an engine was measured with. */
const measured: Readonly<Record<string, { readonly forms: readonly string[]; readonly families: readonly string[] }>> =
  {
    'vllm/nvidia': { forms: ['server'], families: ['float'] },
    'vllm/amd': { forms: ['server'], families: ['float'] },
    'tensorrt-llm/nvidia': { forms: ['server'], families: ['float'] },
    'llama.cpp/nvidia': { forms: ['server', 'desktop'], families: ['float', 'gguf'] },
    'llama.cpp/amd': { forms: ['server'], families: ['float'] },
    'transformers/nvidia': { forms: ['server'], families: ['float', 'bitsandbytes', 'gptq'] },
  };
/** The band of what nobody measured: as wide as the widest that somebody did. */
const WIDEST = Object.values(serving).reduce(
  (widest, { tooHigh, tooLow }) => ({
    tooHigh: Math.max(widest.tooHigh, tooHigh),
    tooLow: Math.max(widest.tooLow, tooLow),
  }),
  { tooHigh: 1, tooLow: 1 },
);

const deviceOf = ({ gpu }: Plan, degree: number): Device => ({
  bandwidthGbps: gpu.bandwidthGbps.value,
  tflops: (gpu.bf16Tflops ?? gpu.fp16Tflops)?.value ?? null,
  degree,
});

export const speedOf = (plan: Plan, overfull: boolean): Speed =>
  plan.request.goal === 'serve' ? servingSpeed(plan, overfull) : trainingSpeed(plan, overfull);

function servingSpeed(plan: Plan, overfull: boolean): Speed {
  const { request, model, sizes, quantization, engine, gpu, count, context } = plan;
  const own = `${engine}/${gpu.vendor}`;
  const key = own in serving ? own : `${engine}/nvidia`;
  const fitted = serving[key];
  if (!fitted) throw new Error(`speedOf: no rates for ${key}`);
  const tensor = parallelismOf(plan) === 'tensor';
  const degree = tensor ? count : 1;
  const groups = tensor ? 1 : count;
  const output = Math.min(request.output_tokens, context);
  const load = { prompt: context - output, output, cacheElementBytes: request.cache_precision === 'fp8' ? 1 : 2 };
  const timesOf = (sequences: number): ReturnType<typeof serveTimes> =>
    serveTimes(model, sizes, quantization, deviceOf(plan, degree), { ...load, sequences }, fitted.rates);
  const sequences = Math.ceil(request.concurrency / groups);
  const together = timesOf(sequences);
  const seen = measured[key];
  const extrapolated = key !== own || !seen?.forms.includes(gpu.form) || !seen.families.includes(quantization.family);
  const compute = together.computeSeconds > together.memorySeconds;
  return {
    tokensPerSecond: request.concurrency / together.stepSeconds,
    perSequence: 1 / together.stepSeconds,
    firstTokenSeconds: timesOf(1).promptSeconds,
    hours: null,
    bound: overfull ? 'capacity' : compute ? 'compute' : 'memory',
    formula: 'T-1',
    fittedOn: `serving speed, ${key}`,
    basis: extrapolated ? { ...fitted, ...WIDEST } : fitted,
    extrapolated,
  };
}

function trainingSpeed(plan: Plan, overfull: boolean): Speed {
  const { request, model, sizes, quantization, context, count, gpu } = plan;
  const { training } = request;
  const operations = operationsPerToken(training.method, training.gradient_checkpointing);
  const microBatch = training.micro_batch * (training.method === 'dpo' ? 2 : 1);
  const step = { sequence: context, microBatch, operations, quantized: quantization.family !== 'float' };
  const seconds = trainStepSeconds(model, sizes, deviceOf(plan, 1), step, calibration.training.rates);
  const rate = seconds === null ? null : (count * context * microBatch) / seconds;
  const tokens = training.dataset_tokens === null ? null : training.dataset_tokens * training.epochs;
  const extrapolated = count > 1 || gpu.vendor !== 'nvidia' || training.method === 'dpo';
  const { tooHigh, tooLow } = calibration.training;
  return {
    tokensPerSecond: rate,
    perSequence: null,
    firstTokenSeconds: null,
    hours: rate === null || tokens === null ? null : tokens / rate / 3600,
    bound: overfull ? 'capacity' : 'compute',
    formula: 'T-3',
    fittedOn: 'training speed',
    basis: extrapolated
      ? { ...calibration.training, tooHigh: Math.max(tooHigh, WIDEST.tooHigh), tooLow: Math.max(tooLow, WIDEST.tooLow) }
      : calibration.training,
    extrapolated,
  };
}
