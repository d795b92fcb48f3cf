import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../kernel/canonical-json.js';
import { architectureSchema, sizesOf } from './architecture.js';
import { adapterTargets, engines, methods, optimizers } from './schema.js';
import { calibration } from './tables/calibration.js';
import { gpus } from './tables/gpus.js';
import { models } from './tables/models.js';
import { prices } from './tables/prices.js';
import { quantizations } from './tables/quantizations.js';
import { sources } from './tables/sources.js';

/** Raised whenever a figure changes; the digest says whether one did. */
export const TABLE_VERSION = '2026.11.1';

/** Every formula by the name under which an answer cites it. */
export const formulas = {
  'W-1':
    'quantized parameters x block bytes / block weights, finer blocks where a mixture has them, embeddings in their own format; / split',
  'KV-1': '2 x layers x kv_heads x head_dim x bytes x tokens (in blocks of 16), times sequences; / split',
  'KV-2': 'as KV-1 over full layers, and over min(tokens, window) in the others',
  'KV-3': 'layers x (kv_lora_rank + rope_dim) x bytes x tokens, on every GPU',
  'KV-4': 'as KV-1 over full layers, and a fixed state in each of the others',
  'A-1': '2 x step tokens x (4 hidden + 2 intermediate / split) + 4 x sequences x vocab',
  'A-2':
    'layers x layer + logits; layer = factor x 2 x tokens x (12 hidden + 3 q + kv + 3 intermediate), logits = copies x 4 x tokens x vocab',
  'A-3': 'layers x 2 x tokens x hidden + max(logits, layer) + fragmentation x min(logits, layer)',
  'R-1': 'context of the device + slack share x everything else',
  'R-2': 'context of the device + collective buffers of a full fine-tune',
  'S-1': 'parameters x bytes of weights, gradients and optimizer state; / GPUs from ZeRO stage 3, 2 and 1',
  'S-2': 'adapter parameters, layers x rank x sum(in + out), x bytes of weights, gradients and optimizer state',
  'T-1': 'step = bytes read / (share x bandwidth) + operations / (share x throughput) + layers x launch',
  'T-3': 'micro-step = max(operations / (share x throughput), layers x launch + unpacking)',
  'C-1': '6 operations per parameter and token in full, 4 for adapters, 2 more to recompute, 2 more for a reference',
} as const;

const cellView = z.strictObject({ value: z.number(), sources: z.array(z.string()) }).nullable();
export const optionsView = z
  .strictObject({
    table_version: z.string(),
    table_sha256: z.string(),
    models: z.array(
      z.strictObject({
        slug: z.string(),
        family: z.string(),
        repository: z.string(),
        params_total: z.number(),
        params_active: z.number(),
        architecture: architectureSchema,
        sources: z.array(z.string()),
      }),
    ),
    gpus: z.array(
      z.strictObject({
        slug: z.string(),
        name: z.string(),
        vendor: z.string(),
        form: z.string(),
        memory_gb: cellView,
        usable_share: z.number(),
        bandwidth_gbps: cellView,
        bf16_tflops: cellView,
        fp16_tflops: cellView,
        price: z
          .strictObject({
            low_usd: z.number(),
            high_usd: z.number(),
            seen: z.array(z.string()),
            sources: z.array(z.string()),
          })
          .nullable(),
      }),
    ),
    quantizations: z.array(z.strictObject({ name: z.string(), family: z.string(), bytes_per_weight: z.number() })),
    engines: z.array(z.string()),
    methods: z.array(z.string()),
    optimizers: z.array(z.string()),
    lora_targets: z.array(z.string()),
    formulas: z.record(z.string(), z.string()),
    calibrations: z.record(
      z.string(),
      z.strictObject({ observations: z.int(), groups: z.int(), median_error: z.number() }),
    ),
    sources: z.record(
      z.string(),
      z.strictObject({ kind: z.string(), title: z.string(), url: z.string(), seen: z.string() }),
    ),
  })
  .meta({ id: 'StackPlannerOptions' });
type Options = z.output<typeof optionsView>;

type Table = Omit<Options, 'table_sha256'>;
let hashed: string | undefined;
/** SHA-256 over the canonical JSON of the tables and of the constants fitted on them. */
export const tableSha256 = (): string =>
  (hashed ??= createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify({ table: table(), quantizations, calibration }))))
    .digest('hex'));

/** All that a request can name, with the source of each figure. */
export const plannerOptions = (): Options => ({ ...table(), table_sha256: tableSha256() });

function table(): Table {
  return {
    table_version: TABLE_VERSION,
    models: models.map(({ slug, family, repository, architecture, sources: from }) => {
      const { total, active } = sizesOf(architecture);
      return { slug, family, repository, params_total: total, params_active: active, architecture, sources: [...from] };
    }),
    gpus: gpus.map((gpu) => ({
      slug: gpu.slug,
      name: gpu.name,
      vendor: gpu.vendor,
      form: gpu.form,
      memory_gb: showCell(gpu.memoryGb),
      usable_share: gpu.usableShare,
      bandwidth_gbps: showCell(gpu.bandwidthGbps),
      bf16_tflops: showCell(gpu.bf16Tflops),
      fp16_tflops: showCell(gpu.fp16Tflops),
      price: showPrice(gpu.slug),
    })),
    quantizations: quantizations.map(({ name, family, body }) => ({
      name,
      family,
      bytes_per_weight: body.bytes / body.weights,
    })),
    engines: [...engines],
    methods: [...methods],
    optimizers: [...optimizers],
    lora_targets: [...adapterTargets],
    formulas,
    calibrations: Object.fromEntries(
      [
        ...Object.entries(calibration.serving).map(([key, fitted]) => [`serving speed, ${key}`, fitted] as const),
        ['serving memory', calibration.serveMemory] as const,
        ['training memory', calibration.trainMemory] as const,
        ['training speed', calibration.training] as const,
      ].map(([name, { observations, groups, medianError }]) => [
        name,
        { observations, groups, median_error: medianError },
      ]),
    ),
    sources,
  };
}
const showCell = (
  cell: { readonly value: number; readonly sources: readonly string[] } | null,
): Options['gpus'][number]['memory_gb'] => (cell === null ? null : { value: cell.value, sources: [...cell.sources] });
function showPrice(slug: string): Options['gpus'][number]['price'] {
  const band = prices.find(({ gpu }) => gpu === slug);
  return band
    ? { low_usd: band.lowUsd, high_usd: band.highUsd, seen: [...band.seen], sources: [...band.sources] }
    : null;
}
