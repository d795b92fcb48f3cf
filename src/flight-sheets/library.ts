import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import { codeChange } from './library/code-change.js';
import { dataExtraction } from './library/data-extraction.js';
import { numericMemo } from './library/numeric-memo.js';
import type { FlightSheet } from './schema.js';

const library: readonly FlightSheet[] = [numericMemo, codeChange, dataExtraction];

/** SHA-256 over the canonical JSON of a sheet: what a run, an audit and a receipt name it by. */
export const sheetDigest = (sheet: FlightSheet): string =>
  createHash('sha256').update(canonicalJson(sheet)).digest('hex');

export const listSheets = (): readonly FlightSheet[] => library;

/** The sheet a run asks for; without a version, the newest active one. */
export function findSheet(slug: string, version?: string): FlightSheet | undefined {
  return library.find((sheet) => sheet.slug === slug && (version === undefined || sheet.version === version));
}

/** The sheet for a new run; refuses what does not exist or is not active. */
export function requireActiveSheet(slug: string, version?: string): FlightSheet {
  const sheet = findSheet(slug, version);
  if (!sheet) {
    throw new Refusal(
      'unknown_flight_sheet',
      `There is no flight sheet ${JSON.stringify(slug)}${version === undefined ? '' : ` in version ${version}`}.`,
    );
  }
  if (sheet.state !== 'active')
    throw new Refusal('inactive_flight_sheet', `The flight sheet ${slug} is ${sheet.state}.`);
  return sheet;
}
