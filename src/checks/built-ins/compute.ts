import { z } from 'zod';
import { isList, isObject, OperandMissing, type JsonObject } from '../expression/value.js';
import { flag, listed, pass, skip, step, type Finding } from '../finding.js';
import type { EngineInputs } from '../frozen.js';
import { tuned, type BuiltIns } from './built-in.js';

const sourceParams = z.strictObject({ field: z.string().max(100).default('metrics') });
const limitParams = z.strictObject({
  field: z.string().max(100).default('metrics'),
  bandwidth_gb_s: z.record(z.string(), z.number().positive()).optional(),
});

/** Memory bandwidth in GB/s by the makers' data sheets. */
const bandwidths: Readonly<Record<string, number>> = {
  B200: 8000,
  MI300X: 5300,
  H200: 4800,
  'H100 SXM': 3350,
  'A100 80GB': 2039,
  'H100 PCIe': 2000,
  'RTX 5090': 1792,
  'A100 40GB': 1555,
  'RTX 4090': 1008,
  'RTX 3090': 936,
  L40S: 864,
  A10: 600,
  T4: 320,
  L4: 300,
};

/** CMP: numbers of a compute run come from its instrument and obey physics. */
export const computeRules: BuiltIns = {
  'CMP-001': tuned(sourceParams, fromInstrument),
  'CMP-002': tuned(limitParams, withinPhysics),
};

/** Fields of the output under a name; missing ones are missing operands. */
function metricsOf({ submission }: EngineInputs, field: string): JsonObject {
  const output = submission?.output;
  const metrics = isObject(output) && Object.hasOwn(output, field) ? output[field] : undefined;
  if (!isObject(metrics)) throw new OperandMissing(`output.${field}`);
  return metrics;
}

/** The instrument files of a run, parsed; one that is no JSON is an error of the rule. */
export function instrumentFiles({
  evidence,
}: EngineInputs): readonly { readonly id: string; readonly value: unknown }[] {
  return evidence
    .filter(({ kind, text }) => kind === 'benchmark_output' && text !== null)
    .map(({ id, text }) => {
      try {
        const value: unknown = JSON.parse(text ?? '');
        return { id, value };
      } catch (cause) {
        throw new Error(`the instrument file ${id} is not JSON`, { cause });
      }
    });
}

function fromInstrument(inputs: EngineInputs, { field }: z.output<typeof sourceParams>): Finding {
  const claimed = Object.entries(metricsOf(inputs, field)).flatMap(([name, value]) =>
    typeof value === 'number' ? [{ name, value }] : [],
  );
  if (claimed.length === 0) return skip('The output claims no number.');
  const files = instrumentFiles(inputs);
  const measured = new Map<string, number[]>();
  for (const { value } of files) collect(value, measured, 0);
  const wrong = claimed.filter(({ name, value }) => !measured.get(name)?.includes(value));
  if (wrong.length === 0) return pass(`${String(claimed.length)} numbers are those of the instrument.`);
  return flag(
    listed(
      wrong.map(
        ({ name, value }) =>
          `${name}: claimed ${String(value)}, measured ${measured.get(name)?.join(' or ') ?? 'nothing'}`,
      ),
    ),
    listed(wrong.map(({ value }) => String(value))),
    listed(wrong.map(({ name }) => measured.get(name)?.join(' or ') ?? 'a measured value')),
    {
      pointers: wrong.map(({ name }) => `/submission/output${step(field)}${step(name)}`),
      evidence_ids: files.map(({ id }) => id),
    },
  );
}

const MAX_NESTING = 64;
function collect(value: unknown, into: Map<string, number[]>, depth: number): void {
  if (depth > MAX_NESTING) throw new Error('an instrument file is nested too deep');
  if (isList(value)) for (const item of value) collect(item, into, depth + 1);
  if (!isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'number') into.set(key, [...(into.get(key) ?? []), item]);
    else collect(item, into, depth + 1);
  }
}

/** Decoding one token of one stream reads every active byte once: throughput times bytes is at most the bandwidth. */
function withinPhysics(inputs: EngineInputs, params: z.output<typeof limitParams>): Finding {
  const metrics = metricsOf(inputs, params.field);
  const gpu = metrics['gpu'];
  if (typeof gpu !== 'string') throw new OperandMissing(`output.${params.field}.gpu`);
  const known = { ...bandwidths, ...params.bandwidth_gb_s };
  const bandwidth = Object.hasOwn(known, gpu) ? known[gpu] : undefined;
  if (bandwidth === undefined) throw new Error(`the engine does not know the bandwidth of ${JSON.stringify(gpu)}`);
  const number = (name: string): number => {
    const value = metrics[name];
    if (typeof value !== 'number') throw new OperandMissing(`output.${params.field}.${name}`);
    return value;
  };
  const count = typeof metrics['gpu_count'] === 'number' ? metrics['gpu_count'] : 1;
  const needed = (number('tokens_per_second_per_stream') * number('bytes_per_token')) / 1e9;
  const limit = bandwidth * count;
  const ratio = (needed / limit).toFixed(3);
  if (needed <= limit) return pass(`${needed.toFixed(1)} of ${String(limit)} GB/s.`, ratio);
  return flag(
    `${needed.toFixed(1)} GB/s would be needed, ${String(count)} × ${gpu} has ${String(limit)}.`,
    `${needed.toFixed(1)} GB/s`,
    `at most ${String(limit)} GB/s`,
    { difference: `${ratio} times the limit`, pointers: [`/submission/output${step(params.field)}`] },
  );
}
