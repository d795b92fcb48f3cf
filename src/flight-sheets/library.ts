import { agentWork, citedMemo, incidentPostmortem, supportAnswer, vendorAgent } from './library/agents.js';
import { codeChange, codeChangeReviewed } from './library/code-change.js';
import { dataExtraction, dataExtractionReviewed } from './library/data-extraction.js';
import {
  datasetRelease,
  fineTuneLift,
  gpuIdentity,
  inferenceLatency,
  modelRelease,
  thermalPower,
} from './library/machines.js';
import { numericMemo, numericMemoReviewed } from './library/numeric-memo.js';
import { humanOversight, recordKeeping, restoreDrill } from './library/readiness.js';
import type { FlightSheet } from './schema.js';

/** The sheets that come with the product. A published version never changes. */
export const library: readonly FlightSheet[] = [
  agentWork,
  citedMemo,
  numericMemo,
  numericMemoReviewed,
  codeChange,
  codeChangeReviewed,
  dataExtraction,
  dataExtractionReviewed,
  supportAnswer,
  incidentPostmortem,
  vendorAgent,
  datasetRelease,
  gpuIdentity,
  inferenceLatency,
  thermalPower,
  fineTuneLift,
  modelRelease,
  restoreDrill,
  recordKeeping,
  humanOversight,
];

/** The versions of a built-in sheet, newest first; empty for a slug the library does not have. */
export const builtInVersions = (slug: string): readonly FlightSheet[] =>
  library.filter((sheet) => sheet.slug === slug).sort((a, b) => compareVersions(b.version, a.version));

/** Semantic versions by their three numbers. */
export function versionOrder(version: string): readonly number[] {
  return version.split('.').map(Number);
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [versionOrder(a), versionOrder(b)];
  const at = left.findIndex((number, i) => number !== right[i]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
