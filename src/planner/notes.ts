import type { Evaluation } from './evaluate.js';
import { DEFAULT_CONTEXT, parallelismOf } from './plan.js';
import type { Verdict } from './rules.js';

interface Notes {
  readonly warnings: string[];
  readonly assumptions: string[];
}

/** What a reader should know before believing the numbers, and what was taken for granted. */
export function notesOf(evaluation: Evaluation, verdict: Verdict): Notes {
  return { warnings: warningsOf(evaluation), assumptions: assumptionsOf(evaluation, verdict) };
}

function warningsOf({ plan, speed, price }: Evaluation): string[] {
  const { model, gpu, count, request, context, quantization } = plan;
  const warnings: string[] = [];
  const warn = (when: boolean, sentence: string): void => {
    if (when) warnings.push(sentence);
  };
  warn(
    context > model.context,
    `The context is longer than the ${String(model.context)} tokens the model was made for.`,
  );
  warn(
    model.experts !== null,
    'Every expert has to be in memory, though a token is sent to a few: memory goes by all parameters, speed by the active ones.',
  );
  warn(
    speed.extrapolated,
    'Nobody published a measurement of this combination that we may use: the speed has the widest band of those that were.',
  );
  warn(
    (gpu.bf16Tflops ?? gpu.fp16Tflops) === null,
    `No figure of the matrix throughput of ${gpu.name} has two sources: time to the first token and time to train are not known, and no compute limit is applied.`,
  );
  warn(!gpu.bf16 && quantization.name === 'bf16', `${gpu.name} has no BF16: the same sizes hold for FP16.`);
  warn(gpu.form === 'unified', 'Unified memory is shared with the system: only a part of it is counted.');
  warn(
    count > 1 && gpu.linkGbps === null && parallelismOf(plan) === 'tensor',
    'The accelerators are linked over PCIe; what was measured was linked faster.',
  );
  warn(count > 1 && request.goal === 'train', 'Traffic between accelerators is not in the time.');
  warn(price === null, `No two dated price lists have ${gpu.name}: there is no cost.`);
  warn(request.region !== undefined && price !== null, 'Prices are not told apart by region.');
  return warnings;
}

const sharing = {
  single: 'One accelerator.',
  tensor:
    'Tensor parallel: weights and cache are split, activations and context are not; memory of several cards is never one sum.',
  replicas: 'Replicas: every accelerator holds the whole model and serves its share of the sequences.',
  data: 'Data parallel: every accelerator holds everything.',
  zero: 'ZeRO: the stage says which states are split; activations are not.',
} as const;

function assumptionsOf({ plan, components }: Evaluation, verdict: Verdict): string[] {
  const { request, context, engine, gpu } = plan;
  const dominant = components.reduce((most, component) => (component.bytes > most.bytes ? component : most));
  return [
    `The verdict ${verdict} hangs most on ${dominant.id} (${dominant.formula}).`,
    sharing[parallelismOf(plan)],
    ...(request.context === undefined
      ? [
          `No context was given: ${String(context)} tokens, at most ${String(DEFAULT_CONTEXT)}, rather than all that the model can.`,
        ]
      : []),
    ...(request.goal === 'serve'
      ? [
          `Every one of the sequences has the whole context; engine ${engine}${engine === 'vllm' ? ' with nine tenths of the memory' : ''}.`,
        ]
      : [`Every sequence is as long as the context; optimizer ${request.training.optimizer}.`]),
    `${String(Math.round(gpu.usableShare * 1000) / 10)} % of the memory of ${gpu.name} is there for programs.`,
  ];
}
