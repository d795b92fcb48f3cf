import { sizesOf } from '../../src/planner/architecture.js';
import { serveMemory, totalBytes, trainMemory } from '../../src/planner/memory.js';
import { findGpu } from '../../src/planner/tables/gpus.js';
import { findQuantization, type Quantization } from '../../src/planner/tables/quantizations.js';
import { operationsPerToken, serveTimes, trainStepSeconds, type Device } from '../../src/planner/throughput.js';
import { calibrate, type Calibration, type Observation } from './fit.js';
import { generations, type Generations } from './generations.js';
import { measuredModel, servePeaks, trainPeaks, trainSpeeds } from './measurements.js';

const quantization = (name: string): Quantization => {
  const found = findQuantization(name);
  if (!found) throw new Error(`no quantization ${name}`);
  return found;
};
const device = (slug: string, degree: number): Device => {
  const found = findGpu(slug);
  if (!found) throw new Error(`no GPU ${slug}`);
  return { bandwidthGbps: found.bandwidthGbps.value, tflops: found.fp16Tflops?.value ?? null, degree };
};
const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
const bounded = (start: number, least: number, most: number): { start: number; least: number; most: number } => ({
  start,
  least,
  most,
});

/** Engine and vendor: what one set of serving rates is for. */
const rateKey = ({ engine, gpu }: Generations): string => `${engine}/${findGpu(gpu)?.vendor ?? ''}`;

function serveObservations(of: readonly Generations[]): readonly Observation[] {
  return of.flatMap((given) => {
    const model = measuredModel(given.model);
    const sizes = sizesOf(model);
    const hardware = device(given.gpu, given.count);
    return given.rows.map(({ prompt, output, sequences, seconds }) => ({
      group: `${given.model} on ${given.gpu}`,
      measured: seconds,
      predict: (c: readonly number[]) => {
        const load = { prompt, output, sequences, cacheElementBytes: 2 };
        const times = serveTimes(model, sizes, quantization(given.quantization), hardware, load, serveRates(c));
        return (prompt > 0 ? (times.promptSeconds ?? 0) : 0) + output * times.stepSeconds;
      },
    }));
  });
}
export const serveRates = (c: readonly number[]) =>
  ({
    bandwidthShare: at(c, 0),
    promptShare: at(c, 1),
    stepShare: at(c, 2),
    layerMicros: at(c, 3),
    splitMicros: at(c, 4),
    unpackMicros: at(c, 5),
  }) as const;
const serveStart = [
  bounded(0.8, 0.05, 0.95),
  bounded(0.5, 0.02, 0.9),
  bounded(0.3, 0.02, 0.9),
  bounded(80, 1, 2000),
  bounded(40, 0.01, 500),
  bounded(50, 0.01, 2000),
];

/** Serving speed, one calibration per engine and vendor. */
export function calibrateServing(): Readonly<Record<string, Calibration>> {
  const keys = [...new Set(generations.map(rateKey))].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const of = generations.filter((given) => rateKey(given) === key);
      return [key, calibrate(serveObservations(of), serveStart)];
    }),
  );
}

/** Memory that is too low costs a crashed job: its band is asked to hold 98 of 100. */
const MEMORY_COVERAGE = 0.98;

/** Serving memory: allocator slack over arithmetic. */
export function calibrateServeMemory(): Calibration {
  const observations = servePeaks.map(({ model: slug, quantization: name, tokens, gigabytes }) => {
    const model = measuredModel(slug);
    const load = { tokens, sequences: 1, cacheElementBytes: 2, degree: 1, stepTokens: tokens, contextOutside: true };
    return {
      group: slug,
      measured: gigabytes * 1e9,
      predict: (c: readonly number[]) =>
        totalBytes(
          serveMemory(model, sizesOf(model), quantization(name), load, { slackShare: at(c, 0), contextMib: 0 }),
        ),
    };
  });
  return calibrate(observations, [bounded(0.05, 0.0005, 0.5)], MEMORY_COVERAGE);
}

/** Training memory; the group is the model, so that every method of it is held out together. */
export function calibrateTrainMemory(): Calibration {
  const observations = trainPeaks.map(({ model: slug, quantization: name, load, gigabytes }) => {
    const model = measuredModel(slug);
    return {
      group: slug,
      measured: gigabytes * 1e9,
      predict: (c: readonly number[]) =>
        totalBytes(trainMemory(model, sizesOf(model), quantization(name), load, trainConstants(c))),
    };
  });
  return calibrate(
    observations,
    [bounded(1, 0.3, 3), bounded(2, 1, 8), bounded(0.5, 0.01, 5), bounded(1500, 100, 4000), bounded(8000, 100, 20000)],
    MEMORY_COVERAGE,
  );
}
export const trainConstants = (c: readonly number[]) =>
  ({
    layerFactor: at(c, 0),
    logitCopies: at(c, 1),
    fragmentation: at(c, 2),
    contextMib: at(c, 3),
    bufferMib: at(c, 4),
  }) as const;

/** Training speed. */
export function calibrateTraining(): Calibration {
  const observations = trainSpeeds.map(({ model: slug, gpu, load, seconds }) => {
    const model = measuredModel(slug);
    const operations = operationsPerToken(load.method, load.checkpointing);
    const step = { ...load, operations, quantized: load.method === 'qlora' };
    return {
      group: `${slug} on ${gpu}`,
      measured: seconds,
      predict: (c: readonly number[]) =>
        trainStepSeconds(model, sizesOf(model), device(gpu, 1), step, trainRates(c)) ?? Number.NaN,
    };
  });
  return calibrate(observations, [bounded(0.5, 0.05, 0.9), bounded(5000, 10, 20000), bounded(40, 0.01, 200)]);
}
export const trainRates = (c: readonly number[]) =>
  ({ computeShare: at(c, 0), layerMicros: at(c, 1), unpackPasses: at(c, 2) }) as const;
