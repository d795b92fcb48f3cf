import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import { adviceFor, alternativesTo, largestOf, type Advice } from './advice.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { parallelismOf, place, readWorkload, type Workload } from './plan.js';
import { isUsable, verdictOf, type Verdict } from './rules.js';
import type { Assessment, AssessmentRequest } from './schema.js';
import { tableSha256, TABLE_VERSION } from './catalog.js';
import { calibration } from './tables/calibration.js';
import { notesOf } from './notes.js';

const GIB = 1024 ** 3;
/** Six digits are more than any of this is worth, and make the digest the same everywhere. */
const short = (value: number): number => Number(value.toPrecision(6));
const gib = (bytes: number): number => short(bytes / GIB);
const MOST_ALTERNATIVES = 8;

/**
 * The whole assessment of a request: a pure function of the request and of the tables. Refuses unknown names and
 * impossible architectures; a plan that cannot work is an answer. The first of `hardware` is what is judged, or, with
 * none, the cheapest that works.
 */
export function assess(request: AssessmentRequest): Assessment {
  const workload = readWorkload(request);
  const asked = request.hardware.map(({ gpu, count, memory_gb }) => evaluate(place(workload, gpu, count, memory_gb)));
  const others = alternativesTo(
    workload,
    asked.map(({ plan }) => plan),
  );
  const chosen = asked[0] ?? others[0] ?? evaluate(place(workload, 'b200', 8));
  const ranked = [...asked, ...others].filter((evaluation) => evaluation !== chosen);
  const advice = chosen.judged.supported ? adviceFor(chosen) : [];
  const cured = advice.some(({ verdict }) => verdict === 'fits' || verdict === 'tight');
  const verdict = verdictOf(chosen.judged, cured);
  const body = {
    goal: request.goal,
    verdict,
    because: becauseOf(chosen),
    model: modelOf(workload),
    deployment: deploymentOf(chosen),
    memory: memoryOf(chosen),
    throughput: throughputOf(chosen),
    largest: largestOf(chosen.plan),
    cost: costOf(chosen),
    advice: advice.map(showAdvice),
    alternatives: ranked.slice(0, MOST_ALTERNATIVES).map(showAlternative),
    ...notesOf(chosen, verdict),
    cook_recipe: recipeOf(chosen, verdict),
    table_version: TABLE_VERSION,
    table_sha256: tableSha256(),
  };
  return {
    ...body,
    assessment_sha256: createHash('sha256')
      .update(canonicalJson({ request, assessment: body }))
      .digest('hex'),
  };
}

const deploymentOf = ({ plan }: Evaluation): Assessment['deployment'] => ({
  gpu: plan.gpu.slug,
  count: plan.count,
  parallelism: parallelismOf(plan),
});
const modelOf = ({ slug, model, sizes }: Workload): Assessment['model'] => ({
  slug,
  params_total: sizes.total,
  params_active: sizes.active,
  attention: model.attention.kind === 'full' && model.kv_heads < model.heads ? 'grouped' : model.attention.kind,
  experts: model.experts?.count ?? null,
});

function becauseOf({ judged, reasons, unmet }: Evaluation): readonly string[] & string[] {
  if (reasons.length > 0) return [...reasons];
  const room = judged.usableBytes - judged.neededBytes;
  const sentence =
    room < 0
      ? `Each accelerator lacks ${gib(-room).toFixed(1)} GiB.`
      : `Each accelerator has ${gib(room).toFixed(1)} GiB to spare.`;
  return [sentence, ...unmet];
}

function memoryOf({ components, judged, lowerFactor, plan }: Evaluation): Assessment['memory'] {
  const needed = judged.neededBytes;
  const fitted = plan.request.goal === 'serve' ? calibration.serveMemory : calibration.trainMemory;
  return {
    per_gpu: true,
    components: components.map(({ id, formula, operands, bytes }) => ({
      id,
      formula,
      operands: Object.fromEntries(Object.entries(operands).map(([name, value]) => [name, short(value)])),
      gib: gib(bytes),
    })),
    needed_gib: { estimate: gib(needed), low: gib(needed * lowerFactor), high: gib(needed * judged.upperFactor) },
    usable_gib: gib(judged.usableBytes),
    margin: short(judged.usableBytes / needed - 1),
    basis: {
      fitted_on: plan.request.goal === 'serve' ? 'serving memory' : 'training memory',
      observations: fitted.observations,
      groups: fitted.groups,
      median_error: fitted.medianError,
      extrapolated: false,
    },
  };
}

function throughputOf({ speed }: Evaluation): Assessment['throughput'] {
  const { tooHigh, tooLow, observations, groups, medianError } = speed.basis;
  const rate = (value: number | null): Assessment['throughput']['tokens_per_second'] =>
    value === null ? null : { estimate: short(value), low: short(value / tooLow), high: short(value * tooHigh) };
  const time = (value: number | null): Assessment['throughput']['hours'] =>
    value === null ? null : { estimate: short(value), low: short(value / tooHigh), high: short(value * tooLow) };
  return {
    tokens_per_second: rate(speed.tokensPerSecond),
    tokens_per_second_per_sequence: rate(speed.perSequence),
    first_token_ms: time(speed.firstTokenSeconds === null ? null : speed.firstTokenSeconds * 1000),
    hours: time(speed.hours),
    bound: speed.bound,
    formula: speed.formula,
    basis: {
      fitted_on: speed.fittedOn,
      observations,
      groups,
      median_error: medianError,
      extrapolated: speed.extrapolated,
    },
  };
}

function costOf({ price, plan, speed }: Evaluation): Assessment['cost'] {
  if (price === null) return null;
  const low = price.lowUsd * plan.count;
  const high = price.highUsd * plan.count;
  const { tooHigh, tooLow } = speed.basis;
  const { tokensPerSecond: rate, hours } = speed;
  const million = (perHour: number, perSecond: number): number => short((perHour / (perSecond * 3600)) * 1e6);
  return {
    usd_per_hour: { low: short(low), high: short(high) },
    usd_per_million_tokens:
      rate === null ? null : { low: million(low, rate * tooHigh), high: million(high, rate / tooLow) },
    usd_per_cook: hours === null ? null : { low: short((low * hours) / tooHigh), high: short(high * hours * tooLow) },
    prices_seen: [...price.seen],
    sources: [...price.sources],
  };
}

const showAdvice = ({ knob, from, to, savesBytes, verdict }: Advice): Assessment['advice'][number] => ({
  knob,
  from,
  to,
  saves_gib: gib(savesBytes),
  verdict,
});

function showAlternative(evaluation: Evaluation, index: number): Assessment['alternatives'][number] {
  const { judged, speed, price, plan } = evaluation;
  const each = (usd: number): number => short(usd * plan.count);
  return {
    rank: index + 1,
    ...deploymentOf(evaluation),
    verdict: verdictOf(judged, false),
    needed_gib: gib(judged.neededBytes),
    usable_gib: gib(judged.usableBytes),
    tokens_per_second: speed.tokensPerSecond === null ? null : short(speed.tokensPerSecond),
    usd_per_hour: price === null ? null : { low: each(price.lowUsd), high: each(price.highUsd) },
  };
}

/** What a cook is asked for with, when there is a plan to cook by. */
function recipeOf({ plan, judged, speed, price }: Evaluation, verdict: Verdict): Assessment['cook_recipe'] {
  const { request, slug, quantization, gpu, count, memoryGb, context } = plan;
  if (request.goal !== 'train' || slug === null || !isUsable(judged) || verdict === 'unsupported') return null;
  const { training } = request;
  const hours = speed.hours === null ? null : speed.hours * speed.basis.tooLow;
  return {
    base_model: { slug },
    method: training.method,
    hyper: {
      sequence_len: context,
      micro_batch_size: training.micro_batch,
      gradient_accumulation_steps: training.gradient_accumulation,
      optimizer: training.optimizer,
      precision: gpu.bf16 ? 'bf16' : 'fp16',
      ...(quantization.family === 'float' ? {} : { quantization: quantization.name }),
      ...(training.method === 'full'
        ? {}
        : { lora: { r: training.lora_rank, alpha: 2 * training.lora_rank, targets: [...training.lora_targets] } }),
      gradient_checkpointing: training.gradient_checkpointing,
    },
    resources: {
      gpu_kinds: [gpu.slug],
      gpu_count: count,
      min_vram_gb: memoryGb,
      est_peak_vram_gb: gib(judged.neededBytes * judged.upperFactor),
      // A cook is given a day at most; a longer one is for the requester to cut.
      ...(hours === null || hours > 24 ? {} : { max_hours: short(Math.max(0.01, hours)) }),
      ...(hours === null || price === null ? {} : { est_cost_cents: Math.ceil(price.highUsd * count * hours * 100) }),
    },
  };
}
