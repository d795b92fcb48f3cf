import { z } from 'zod';
import { listArtifacts } from '../artifacts/store.js';
import type { Attempt } from '../cook-attempts/store.js';
import type { Tenant } from '../db/database.js';
import type { CookReceiptFacts } from '../receipts/kinds/cook.js';
import type { Lift } from './lift.js';
import type { Cook } from './store.js';

const RUNNER_KINDS = 'https://defendablecloud.com/runners';
const version = z.string().nullable().default(null);
const runnerSaid = z.object({
  gpu: z.array(z.string()),
  gpu_count: z.number().default(0),
  vram_gb: z.number().default(0),
  driver: version,
  framework: version,
});

/** An accepted attempt with what was worked out of it. */
export interface Prepared {
  readonly attempt: Attempt;
  readonly lift: Lift;
  readonly logSha256: string | null;
}

/** What a cook's receipt seals: recipe, datasets, base model with its pin, runner with its versions, and outcome. */
export async function gatherReceiptFacts(
  tenant: Tenant,
  cook: Cook,
  { attempt, lift, logSha256 }: Prepared,
  now: Date,
): Promise<CookReceiptFacts> {
  const { recipe } = cook;
  const artifacts = (await listArtifacts(tenant, cook.id)).filter(
    (one) => one.attempt === attempt.attempt && one.verifiedAt !== null,
  );
  return {
    cookId: cook.id,
    builderId: `${RUNNER_KINDS}/${attempt.transport}/v1`,
    externalParameters: {
      method: recipe.method,
      hyper: plain(recipe.hyper),
      eval: plain(recipe.eval ?? null),
      baseModel: { slug: recipe.base_model.slug, revision: recipe.base_model.revision },
      capability: cook.capability,
      dataPolicy: recipe.data_policy_ack,
      attempt: attempt.attempt,
      runtime: plain(attempt.outcome?.runtime ?? {}),
      outcomeSha256: attempt.outcomeDigest,
    },
    resolvedDependencies: [
      { name: 'recipe', uri: 'urn:defendablecloud:recipe', digest: { sha256: cook.recipeSha256 } },
      ...(recipe.base_model.sha256 === undefined
        ? []
        : [
            {
              name: 'base-model',
              uri: `urn:defendablecloud:model:${encodeURIComponent(recipe.base_model.slug)}@${encodeURIComponent(recipe.base_model.revision)}`,
              digest: { sha256: recipe.base_model.sha256 },
            },
          ]),
      ...recipe.datasets.map(({ slug, version, sha256 }) => ({
        name: 'dataset',
        uri: `urn:defendablecloud:dataset:${encodeURIComponent(slug)}@${encodeURIComponent(version)}`,
        digest: { sha256 },
      })),
    ],
    startedOn: (cook.startedAt ?? attempt.claimedAt).toISOString(),
    finishedOn: now.toISOString(),
    artifacts: [
      { name: 'outcome', sha256: attempt.outcomeDigest ?? '' },
      ...artifacts.map(({ name, sha256 }) => ({ name, sha256 })),
    ],
    logSha256,
    runner: runnerOf(attempt),
    lift: {
      claim: lift.claim,
      metric: lift.metric,
      before: lift.before,
      after: lift.after,
      difference: lift.lift,
      lower: lift.ci95?.[0] ?? null,
      upper: lift.ci95?.[1] ?? null,
      n: lift.n,
      seeds: lift.seeds,
      overlap: lift.contamination && {
        evalItems: lift.contamination.eval_items,
        overlapping: lift.contamination.overlapping,
      },
    },
    pinId: recipe.base_model.pin_id ?? null,
    requestedBy: cook.requestedBy,
    costCents: costOf(attempt),
  };
}

/** The runner as it said of itself when it claimed; the versions are its own word. */
function runnerOf({ runner, transport }: Attempt): CookReceiptFacts['runner'] {
  const { gpu, gpu_count: gpuCount, vram_gb: vramGb, driver, framework } = runnerSaid.parse(runner.capabilities);
  const { name, labels } = runner;
  return { name, labels, transport, gpu, gpuCount, vramGb, driver, framework };
}

/** Without undefined members, which canonical JSON has no place for. */
function plain(value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  return copy;
}

/** What the runner says the attempt cost, in whole cents; null when it says nothing. */
export function costOf({ outcome }: Pick<Attempt, 'outcome'>): number | null {
  const cost = outcome?.runtime?.['cost_cents'];
  return typeof cost === 'number' ? Math.round(cost) : null;
}
