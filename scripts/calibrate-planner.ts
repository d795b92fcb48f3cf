import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  calibrateServeMemory,
  calibrateServing,
  calibrateTraining,
  calibrateTrainMemory,
  serveRates,
  trainConstants,
  trainRates,
} from './planner/calibration.js';
import { median, type Calibration } from './planner/fit.js';
import { root } from './stack/paths.js';

/** Fits the planner's constants on published measurements, writes them, and says how far off they are on what they never saw. */
const short = (value: number): number => Number(value.toPrecision(4));
const rounded = (constants: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, short(value)]));
const judged = ({ tooHigh, tooLow, observations, groups, medianError }: Calibration): Record<string, number> => ({
  tooHigh: short(tooHigh),
  tooLow: short(tooLow),
  observations,
  groups,
  medianError: short(medianError),
});

const serving = calibrateServing();
const serveMemory = calibrateServeMemory();
const trainMemory = calibrateTrainMemory();
const training = calibrateTraining();
const tables = {
  serving: Object.fromEntries(
    Object.entries(serving).map(([key, c]) => [key, { rates: rounded(serveRates(c.constants)), ...judged(c) }]),
  ),
  serveMemory: {
    // The context is not in the allocator's peak that was measured: 500 MiB is what an unknown card is given.
    constants: rounded({ slackShare: serveMemory.constants[0] ?? 0, contextMib: 500 }),
    ...judged(serveMemory),
  },
  trainMemory: { constants: rounded(trainConstants(trainMemory.constants)), ...judged(trainMemory) },
  training: { rates: rounded(trainRates(training.constants)), ...judged(training) },
};
const banner =
  '/** Written by npm run calibrate-planner from scripts/planner/; a test holds it against what the fit gives. */';
writeFileSync(
  join(root, 'src', 'planner', 'tables', 'calibration.ts'),
  `${banner}\nexport const calibration = ${JSON.stringify(tables, null, 2)} as const;\n`,
);

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const line = (name: string, c: Calibration): string =>
  `| ${[name, `${String(c.groups)} (${String(c.observations)})`, percent(c.medianError), percent(c.groupsInBand), `÷ ${c.tooHigh.toFixed(2)} … × ${c.tooLow.toFixed(2)}`, percent(c.beyondUpper)].join(' | ')} |`;
const pooled = Object.values(serving).flatMap((c) => c.residuals.map(({ log }) => Math.abs(Math.expm1(log))));
process.stdout.write(
  [
    '| method | groups (figures) | median error | groups in band | band | above the upper end |',
    '| --- | --- | --- | --- | --- | --- |',
    ...Object.entries(serving).map(([key, c]) => line(`serving speed, ${key}`, c)),
    line('serving memory', serveMemory),
    line('training memory', trainMemory),
    line('training speed', training),
    `\nServing speed over all engines: median ${percent(median(pooled))}.\n`,
  ].join('\n'),
);
