import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';
import type { Snapshot } from './schema.js';

/** SHA-256 over the canonical snapshot: what a receipt refers to an agent by. */
export const snapshotDigest = (snapshot: Snapshot): string => {
  const plain: unknown = JSON.parse(JSON.stringify(snapshot));
  return createHash('sha256').update(canonicalJson(plain)).digest('hex');
};
