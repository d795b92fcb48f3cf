import type { Architecture, Sizes } from './architecture.js';
import { weightBytes } from './memory.js';
import type { Quantization } from './tables/quantizations.js';

/** What a serving engine reaches of a GPU: fitted, one set per engine and vendor. */
export interface ServeRates {
  /** Share of the memory bandwidth. */
  readonly bandwidthShare: number;
  /** Share of the matrix throughput while a prompt is read, and while tokens are generated. */
  readonly promptShare: number;
  readonly stepShare: number;
  /** Microseconds that one layer adds to every step, and what splitting it over GPUs adds to that. */
  readonly layerMicros: number;
  readonly splitMicros: number;
  /** Microseconds a layer more when its weights have to be unpacked. */
  readonly unpackMicros: number;
}
export interface Device {
  readonly bandwidthGbps: number;
  /** Null where no figure has two sources: then no compute term, and no claim that there is none. */
  readonly tflops: number | null;
  readonly degree: number;
}
interface Generation {
  readonly prompt: number;
  readonly output: number;
  readonly sequences: number;
  readonly cacheElementBytes: number;
}
/** Seconds of one generation, and what they are made of. */
export interface ServeTimes {
  readonly promptSeconds: number | null;
  /** One step generates one token for each sequence. */
  readonly stepSeconds: number;
  readonly memorySeconds: number;
  readonly computeSeconds: number;
  readonly launchSeconds: number;
}

/** T-1 and T-2: bytes over bandwidth, operations over throughput, and a cost per layer, added up. */
export function serveTimes(
  model: Architecture,
  sizes: Sizes,
  quantization: Quantization,
  device: Device,
  { prompt, output, sequences, cacheElementBytes }: Generation,
  rates: ServeRates,
): ServeTimes {
  const { degree } = device;
  const bytesPerSecond = device.bandwidthGbps * 1e9 * degree * rates.bandwidthShare;
  const flops = device.tflops === null ? null : device.tflops * 1e12 * degree;
  const active = sizes.active - sizes.embedding + headParams(model);
  const readShare = readParams(model, sizes, sequences) / Math.max(1, sizes.body);
  const weights = weightBytes({ ...sizes, embedding: headParams(model) }, quantization);
  const head = headParams(model) * (quantization.embedding.bytes / quantization.embedding.weights);
  const read = (weights - head) * Math.min(1, readShare) + head;
  const launch =
    (model.layers *
      (rates.layerMicros +
        (degree > 1 ? rates.splitMicros : 0) +
        (quantization.family === 'float' ? 0 : rates.unpackMicros))) /
    1e6;
  const attended = prompt + output / 2;
  const cache = sequences * averageCache(model, attended, cacheElementBytes);
  const width = model.heads * model.head_dim;
  const compute =
    flops === null
      ? 0
      : (sequences * (2 * active + 4 * attendingLayers(model) * width * attended)) / (flops * rates.stepShare);
  const memory = (read + cache) / bytesPerSecond;
  const promptFlops = sequences * (2 * active * prompt + 2 * attendingLayers(model) * width * prompt ** 2);
  return {
    promptSeconds: flops === null ? null : promptFlops / (flops * rates.promptShare) + launch + read / bytesPerSecond,
    stepSeconds: memory + compute + launch,
    memorySeconds: memory,
    computeSeconds: compute,
    launchSeconds: launch,
  };
}

const headParams = ({ vocab, hidden }: Architecture): number => vocab * hidden;
const attendingLayers = ({ layers, attention }: Architecture): number =>
  attention.kind === 'hybrid' ? attention.full_layers : layers;

/** Body parameters that a step reads: of the experts, those that at least one sequence is sent to. */
function readParams(model: Architecture, sizes: Sizes, sequences: number): number {
  const { experts } = model;
  if (!experts) return sizes.body;
  const hit = 1 - (1 - experts.active / experts.count) ** sequences;
  const idle = Math.max(0, sizes.total - sizes.active);
  const all = idle / Math.max(1e-9, 1 - experts.active / experts.count);
  return sizes.body - (Number.isFinite(all) ? all * (1 - hit) : 0);
}

/** Cache bytes that attending to so many tokens reads. */
function averageCache(model: Architecture, tokens: number, bytes: number): number {
  const { layers, attention: layout } = model;
  const perLayerToken = 2 * model.kv_heads * model.head_dim * bytes;
  switch (layout.kind) {
    case 'full':
      return layers * perLayerToken * tokens;
    case 'sliding':
      return (
        perLayerToken * (layout.full_layers * tokens + (layers - layout.full_layers) * Math.min(tokens, layout.window))
      );
    case 'latent':
      return layers * (layout.kv_lora_rank + layout.rope_dim) * bytes * tokens;
    case 'hybrid':
      return layout.full_layers * perLayerToken * tokens + (layers - layout.full_layers) * layout.state_bytes_per_layer;
  }
}

/** What a trainer reaches of a GPU. */
export interface TrainRates {
  readonly computeShare: number;
  /** Microseconds that one layer adds to every micro-step. */
  readonly layerMicros: number;
  /** Times that quantized weights are unpacked in a micro-step, at the bandwidth of the card. */
  readonly unpackPasses: number;
}
interface Step {
  readonly sequence: number;
  readonly microBatch: number;
  /** Operations per parameter and token: C-1. */
  readonly operations: number;
  readonly quantized: boolean;
}

/** C-1: operations per parameter and token, forward and backward, and forward again where activations are recomputed. */
export function operationsPerToken(method: 'full' | 'lora' | 'qlora' | 'dpo', checkpointing: boolean): number {
  const once = method === 'full' ? 6 : 4;
  // A preference pair is judged by the model and, forward only, by its reference; both of its sequences count as tokens.
  return once + (checkpointing ? 2 : 0) + (method === 'dpo' ? 2 : 0);
}

/** T-3: seconds of one micro-step on one GPU; null where the throughput of the GPU has not two sources. */
export function trainStepSeconds(
  model: Architecture,
  sizes: Sizes,
  device: Device,
  step: Step,
  rates: TrainRates,
): number | null {
  if (device.tflops === null) return null;
  const tokens = step.sequence * step.microBatch;
  const active = sizes.active - sizes.embedding + headParams(model);
  const attention = 2 * attendingLayers(model) * model.heads * model.head_dim * step.sequence;
  const compute = (step.operations * tokens * (active + attention / 2)) / (device.tflops * 1e12 * rates.computeShare);
  const unpack = step.quantized ? (rates.unpackPasses * 2 * sizes.body) / (device.bandwidthGbps * 1e9) : 0;
  // Launches and unpacking overlap with arithmetic: the longer of the two is what a step takes.
  return Math.max(compute, (model.layers * rates.layerMicros) / 1e6 + unpack);
}
