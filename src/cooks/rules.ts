import type { RefusalCode } from '../kernel/refusals.js';

export const cookStates = [
  'queued',
  'claimed',
  'preparing',
  'running',
  'uploading',
  'completed',
  'failed',
  'cancelled',
  'expired',
] as const;
export type CookState = (typeof cookStates)[number];

const terminal: readonly CookState[] = ['completed', 'failed', 'cancelled', 'expired'];
/** A cook in one of these never changes again. */
export const isOver = (state: CookState): boolean => terminal.includes(state);

export const methods = ['full', 'lora', 'qlora', 'dpo', 'distill', 'quantize', 'dataset_prep', 'eval'] as const;

export const failureClasses = [
  'oom',
  'data',
  'config',
  'user_code',
  'infra',
  'timeout',
  'cancelled',
  'budget',
  'runner_lost',
] as const;
export type FailureClass = (typeof failureClasses)[number];

/** Failures that the same recipe would meet again: no further attempt, whatever the runner says. */
const permanent: readonly FailureClass[] = ['data', 'config', 'cancelled', 'budget'];
export const isPermanent = (failure: { readonly class: FailureClass; readonly retryable: boolean }): boolean =>
  !failure.retryable || permanent.includes(failure.class);

/** Whether a run may have a cook asked of it: until it is receipted or given up. */
export const mayCookIn = (runState: string): boolean => !['receipted', 'cancelled', 'superseded'].includes(runState);

/** The queue of a capability and what labels the recipe demands of its runner: one name for one kind of runner. */
export const queueOf = (capability: string, labels: readonly string[]): string =>
  [capability, ...labels.toSorted()].join('.');

/** Temporal's five levels, 1 first, from a priority of 0 to 100. */
export const priorityKeyOf = (priority: number): number => 5 - Math.min(4, Math.floor(priority / 20));

/** What the catalogues say of a dataset that a recipe names. */
export type DatasetStanding = 'granted' | 'no_grant' | 'licence_forbids_training' | 'withdrawn' | 'unknown';
/** What is known about a recipe from outside of it. */
export interface RecipeFacts {
  readonly runState: string;
  readonly datasets: readonly { readonly name: string; readonly standing: DatasetStanding }[];
  readonly model: { readonly standing: 'listed' | 'withdrawn' | 'unknown'; readonly contextTokens: number | null };
  /** Memory of the largest runner of the capability; null while none is known. */
  readonly largestVramGb: number | null;
}
/** The parts of a recipe that are judged by more than their shape. */
export interface JudgedRecipe {
  readonly base_model: { readonly slug: string };
  readonly method: (typeof methods)[number];
  readonly hyper: {
    readonly learning_rate?: number | undefined;
    readonly sequence_len?: number | undefined;
    readonly epochs?: number | undefined;
    readonly max_steps?: number | undefined;
    readonly lora?: unknown;
    readonly quantization?: string | undefined;
  };
  readonly eval?: { readonly n: number } | undefined;
  readonly resources: {
    readonly gpu_kinds: readonly string[];
    readonly gpu_count: number;
    readonly min_vram_gb?: number | undefined;
    readonly est_peak_vram_gb?: number | undefined;
    readonly max_cost_cents?: number | undefined;
    readonly est_cost_cents?: number | undefined;
  };
}
export interface RecipeFault {
  readonly code: RefusalCode;
  readonly path: string;
  readonly message: string;
}

/** Everything that keeps a recipe from being cooked, the gravest first; empty when nothing does. */
export function faultsOf(recipe: JudgedRecipe, facts: RecipeFacts): readonly RecipeFault[] {
  return [
    ...(mayCookIn(facts.runState)
      ? []
      : [
          {
            code: 'invalid_transition',
            path: '/run',
            message: `A run in state ${facts.runState} takes no cook.`,
          } as const,
        ]),
    ...facts.datasets.flatMap(({ name, standing }, i) => datasetFault(name, standing, `/datasets/${String(i)}`)),
    ...(facts.model.standing === 'withdrawn'
      ? [invalid('/base_model', `The model ${recipe.base_model.slug} was withdrawn.`)]
      : []),
    ...hyperFaults(recipe, facts.model.contextTokens),
    ...resourceFaults(recipe, facts.largestVramGb),
  ];
}

const invalid = (path: string, message: string): RecipeFault => ({ code: 'invalid_recipe', path, message });

function datasetFault(name: string, standing: DatasetStanding, path: string): readonly RecipeFault[] {
  switch (standing) {
    case 'granted':
      return [];
    case 'licence_forbids_training':
      return [{ code: 'licence_forbids_training', path, message: `The licence of ${name} forbids training.` }];
    case 'withdrawn':
      return [{ code: 'no_grant', path, message: `The dataset ${name} was withdrawn.` }];
    case 'no_grant':
    case 'unknown':
      return [{ code: 'no_grant', path, message: `No live grant of ${name} allows training.` }];
  }
}

function hyperFaults({ hyper, method }: JudgedRecipe, contextTokens: number | null): readonly RecipeFault[] {
  const faults: RecipeFault[] = [];
  const { learning_rate, sequence_len, epochs, max_steps, lora, quantization } = hyper;
  if (learning_rate !== undefined && learning_rate <= 0)
    faults.push(invalid('/hyper/learning_rate', 'The learning rate must be above zero.'));
  if (sequence_len !== undefined && contextTokens !== null && sequence_len > contextTokens)
    faults.push(invalid('/hyper/sequence_len', `The model has a context of ${String(contextTokens)} tokens.`));
  if (epochs !== undefined && max_steps !== undefined)
    faults.push(invalid('/hyper/max_steps', 'Say epochs or max_steps, not both.'));
  if (lora !== undefined && method !== 'lora' && method !== 'qlora' && method !== 'dpo')
    faults.push(invalid('/hyper/lora', `The method ${method} has no adapter.`));
  if (method === 'qlora' && quantization === undefined)
    faults.push(invalid('/hyper/quantization', 'QLoRA needs the quantization of its base.'));
  return faults;
}

function resourceFaults({ resources }: JudgedRecipe, largestVramGb: number | null): readonly RecipeFault[] {
  const faults: RecipeFault[] = [];
  const { est_peak_vram_gb: peak, min_vram_gb: asked, max_cost_cents: most, est_cost_cents: cost } = resources;
  if (resources.gpu_count > 0 && resources.gpu_kinds.length === 0)
    faults.push(invalid('/resources/gpu_kinds', 'Name the kind of GPU.'));
  const needed = Math.max(peak ?? 0, asked ?? 0);
  if (largestVramGb !== null && needed > largestVramGb) {
    const message = `It needs ${String(needed)} GB; the largest runner of this kind has ${String(largestVramGb)} GB.`;
    faults.push({ code: 'exceeds_runners', path: '/resources', message });
  }
  if (most !== undefined && cost !== undefined && cost > most) {
    const message = `The estimate of ${String(cost)} cents is above the limit of ${String(most)}.`;
    faults.push({ code: 'over_budget', path: '/resources/max_cost_cents', message });
  }
  return faults;
}

/** How the activity of a cook ended, as its workflow saw it. */
export interface Ending {
  readonly kind: 'returned' | 'cancelled' | 'timeout' | 'failure' | 'none';
  readonly detail: string;
}
/** What an attempt reported, once it was accepted; the first to be accepted is the cook's outcome. */
export type OutcomeKind = 'completed' | 'cancelled' | 'failed';

/** The state in which a cook ends: what a runner's accepted report says, or else how the waiting ended. */
export function finalState(
  accepted: OutcomeKind | undefined,
  cancelRequested: boolean,
  ending: Ending,
): Extract<CookState, 'completed' | 'failed' | 'cancelled' | 'expired'> {
  if (accepted !== undefined) return accepted;
  if (cancelRequested) return 'cancelled';
  return ending.kind === 'timeout' && ending.detail === 'SCHEDULE_TO_START' ? 'expired' : 'failed';
}
