import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import type { FlightSheet } from './schema.js';

/**
 * SHA-256 over the canonical JSON of a sheet: what a run, an audit and a receipt name it by. The state is not part of
 * what a sheet says, so it counts as active: retiring a sheet leaves its digest.
 */
export const sheetDigest = (sheet: FlightSheet): string =>
  createHash('sha256')
    .update(canonicalJson({ ...sheet, state: 'active' }))
    .digest('hex');
