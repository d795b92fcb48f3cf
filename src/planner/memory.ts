import { cacheBytes, cacheFormula, type Architecture, type Sizes } from './architecture.js';
import type { Quantization } from './tables/quantizations.js';

/** One part of the memory of one GPU: the formula, what went in and what came out. */
export interface Component {
  readonly id: 'weights' | 'cache' | 'activations' | 'adapters' | 'gradients' | 'optimizer' | 'reference' | 'runtime';
  readonly formula: string;
  readonly operands: Readonly<Record<string, number>>;
  readonly bytes: number;
}
export const totalBytes = (components: readonly Component[]): number =>
  components.reduce((sum, { bytes }) => sum + bytes, 0);

const MIB = 1024 ** 2;
const per = ({ bytes, weights }: { readonly bytes: number; readonly weights: number }): number => bytes / weights;

/** W-1: stored bytes of the body, with what a mixture raises, and of the embeddings. */
export function weightBytes(sizes: Sizes, quantization: Quantization, embeddingBytes?: number): number {
  const { body: format, raised } = quantization;
  const quantized = quantization.expertsOnly ? sizes.routed : sizes.body;
  const kept = (sizes.body - quantized) * 2;
  const finer = raised.reduce((sum, { matrices, share, as }) => {
    const of = matrices.reduce((total, matrix) => total + sizes[matrix], 0);
    return sum + quantized * Math.min(1, of) * share * (per(as) - per(format));
  }, 0);
  return quantized * per(format) + finer + kept + sizes.embedding * (embeddingBytes ?? per(quantization.embedding));
}

/** What a serving estimate is fitted on: everything else of it is arithmetic. */
export interface ServeConstants {
  /** Allocator slack as a share of weights, cache and activations. */
  readonly slackShare: number;
  /** CUDA context and libraries, in MiB. */
  readonly contextMib: number;
}
interface ServeLoad {
  readonly tokens: number;
  readonly sequences: number;
  readonly cacheElementBytes: number;
  readonly degree: number;
  /** Prompt tokens that one step processes. */
  readonly stepTokens: number;
  /** The engine leaves a share of the card alone, which holds the context. */
  readonly contextOutside: boolean;
}

/** Memory of one GPU of a serving group: weights and cache are split over the group as far as they can be. */
export function serveMemory(
  model: Architecture,
  sizes: Sizes,
  quantization: Quantization,
  load: ServeLoad,
  constants: ServeConstants,
): readonly Component[] {
  const { tokens, sequences, degree } = load;
  const stored = weightBytes(sizes, quantization);
  const perSequence = cacheBytes(model, tokens, load.cacheElementBytes);
  const cacheSplit = model.attention.kind === 'latent' ? 1 : Math.min(degree, model.kv_heads);
  const step = Math.min(tokens, load.stepTokens);
  const width = 4 * model.hidden + (2 * widest(model)) / degree;
  const activations = 2 * step * width + 4 * sequences * model.vocab;
  const weights = stored / degree;
  const cache = (sequences * perSequence) / cacheSplit;
  const context = load.contextOutside ? 0 : constants.contextMib * MIB;
  return [
    {
      id: 'weights',
      formula: 'W-1',
      operands: { params: sizes.total, stored_bytes: stored, split: degree },
      bytes: weights,
    },
    {
      id: 'cache',
      formula: cacheFormula(model),
      operands: { tokens, sequences, bytes_per_sequence: perSequence, split: cacheSplit },
      bytes: cache,
    },
    {
      id: 'activations',
      formula: 'A-1',
      operands: { step_tokens: step, hidden: model.hidden, intermediate: widest(model), vocab: model.vocab, sequences },
      bytes: activations,
    },
    {
      id: 'runtime',
      formula: 'R-1',
      operands: { context_mib: load.contextOutside ? 0 : constants.contextMib, slack_share: constants.slackShare },
      bytes: context + constants.slackShare * (weights + cache + activations),
    },
  ];
}

/** Intermediate width that one token passes through. */
const widest = ({ intermediate, experts }: Architecture): number =>
  experts
    ? Math.max(experts.dense_layers > 0 ? intermediate : 0, (experts.active + experts.shared) * experts.intermediate)
    : intermediate;

/** What a training estimate is fitted on. */
export interface TrainConstants {
  /** Factor on the activations of one layer. */
  readonly layerFactor: number;
  /** 32-bit copies of the logits that are alive at the peak. */
  readonly logitCopies: number;
  /** Factor on min(logits, layer) that fragmentation adds. */
  readonly fragmentation: number;
  /** CUDA context and libraries, in MiB. */
  readonly contextMib: number;
  /** Collective and flat buffers of a full fine-tune, in MiB per GPU. */
  readonly bufferMib: number;
}
export interface TrainLoad {
  readonly method: 'full' | 'lora' | 'qlora' | 'dpo';
  readonly sequence: number;
  readonly microBatch: number;
  readonly checkpointing: boolean;
  readonly flashAttention: boolean;
  readonly optimizer: keyof typeof optimizerBytes;
  readonly rank: number;
  readonly targets: readonly (keyof typeof targetWidths)[];
  readonly gpus: number;
  readonly zeroStage: 0 | 1 | 2 | 3;
  /** The measured figure is the allocator's peak, without the context of the device. */
  readonly allocatorOnly: boolean;
}

/** Bytes per trained parameter: weights, gradients, optimizer state. */
export const optimizerBytes = {
  adamw: { weights: 2, gradients: 2, state: 12 },
  adamw_8bit: { weights: 2, gradients: 2, state: 6 },
  adamw_bf16: { weights: 2, gradients: 2, state: 4 },
  sgd_momentum: { weights: 2, gradients: 2, state: 8 },
} as const;
/** Input plus output width of a matrix that an adapter can sit on. */
export const targetWidths = {
  q: (m: Architecture): number => m.hidden + m.heads * m.head_dim,
  k: (m: Architecture): number => m.hidden + m.kv_heads * m.head_dim,
  v: (m: Architecture): number => m.hidden + m.kv_heads * m.head_dim,
  o: (m: Architecture): number => m.heads * m.head_dim + m.hidden,
  gate: (m: Architecture): number => m.hidden + m.intermediate,
  up: (m: Architecture): number => m.hidden + m.intermediate,
  down: (m: Architecture): number => m.intermediate + m.hidden,
} as const;
/** N-1: parameters of the adapters. */
export const adapterParams = (model: Architecture, rank: number, targets: TrainLoad['targets']): number =>
  model.layers * rank * targets.reduce((sum, target) => sum + targetWidths[target](model), 0);

/** activations of one GPU at the peak of a step; a preference pair is two sequences. */
export function trainActivations(model: Architecture, load: TrainLoad, constants: TrainConstants): Component {
  const elements = load.microBatch * (load.method === 'dpo' ? 2 : 1) * load.sequence;
  const heads = model.heads * model.head_dim;
  const width =
    12 * model.hidden + 3 * heads + model.kv_heads * model.head_dim + (model.gated_mlp ? 3 : 2) * widest(model);
  const scores = load.flashAttention ? 0 : 8 * 2 * elements * model.heads * load.sequence;
  const layer = constants.layerFactor * 2 * elements * width + scores;
  const logits = constants.logitCopies * 4 * elements * model.vocab;
  const kept = load.checkpointing ? model.layers * 2 * elements * model.hidden : model.layers * layer;
  const peak = load.checkpointing ? Math.max(logits, layer) : logits;
  const loose = load.allocatorOnly ? 0 : constants.fragmentation * Math.min(logits, layer);
  return {
    id: 'activations',
    formula: load.checkpointing ? 'A-3' : 'A-2',
    operands: { tokens: elements, width, layers: model.layers, hidden: model.hidden, vocab: model.vocab, ...constants },
    bytes: kept + peak + loose,
  };
}

/** Memory of one GPU of a training group, sharded as the ZeRO stage says. */
export function trainMemory(
  model: Architecture,
  sizes: Sizes,
  quantization: Quantization,
  load: TrainLoad,
  constants: TrainConstants,
): readonly Component[] {
  const { gpus, zeroStage } = load;
  const shard = (stage: number): number => (zeroStage >= stage ? gpus : 1);
  const full = load.method === 'full';
  const trained = full ? sizes.total : adapterParams(model, load.rank, load.targets);
  const rates = full ? optimizerBytes[load.optimizer] : adapterRates[load.optimizer];
  const stored = full ? sizes.total * rates.weights : weightBytes(sizes, quantization);
  const part = (id: Component['id'], formula: string, rate: number, split: number): Component => ({
    id,
    formula,
    operands: { params: trained, bytes_per_param: rate, split },
    bytes: (trained * rate) / split,
  });
  const buffers = full ? constants.bufferMib * MIB : 0;
  const context = load.allocatorOnly ? 0 : constants.contextMib * MIB;
  return [
    {
      id: 'weights',
      formula: full ? 'S-1' : 'W-1',
      operands: { params: sizes.total, stored_bytes: stored, split: shard(3) },
      bytes: stored / shard(3),
    },
    ...(full ? [] : [part('adapters', 'S-2', rates.weights, shard(3))]),
    part('gradients', full ? 'S-1' : 'S-2', rates.gradients, shard(2)),
    part('optimizer', full ? 'S-1' : 'S-2', rates.state, shard(1)),
    trainActivations(model, load, constants),
    {
      id: 'runtime',
      formula: 'R-2',
      operands: {
        context_mib: load.allocatorOnly ? 0 : constants.contextMib,
        buffer_mib: full ? constants.bufferMib : 0,
      },
      bytes: context + buffers,
    },
  ];
}

/** Adapters are usually kept, and stepped, in 32 bits: no master copy. */
const adapterRates = {
  adamw: { weights: 4, gradients: 4, state: 8 },
  adamw_8bit: { weights: 4, gradients: 4, state: 2 },
  adamw_bf16: { weights: 2, gradients: 2, state: 4 },
  sgd_momentum: { weights: 4, gradients: 4, state: 4 },
} as const satisfies Record<TrainLoad['optimizer'], unknown>;
