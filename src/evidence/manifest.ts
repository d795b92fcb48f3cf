import { createHash } from 'node:crypto';
import { canonicalJson } from '../kernel/canonical-json.js';

interface ManifestItem {
  readonly id: string;
  readonly kind: string;
  readonly sha256: string;
  readonly size: number;
}

/**
 * SHA-256 over the canonical list of a run's evidence. The random ids inside keep it from being guessed from the
 * digests of short texts, so it may stand in a public receipt.
 */
export function evidenceRoot(items: readonly ManifestItem[]): string {
  const manifest = { version: 1, items: items.map(({ id, kind, sha256, size }) => ({ id, kind, sha256, size })) };
  return createHash('sha256').update(canonicalJson(manifest)).digest('hex');
}
