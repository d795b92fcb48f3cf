import type { z } from 'zod';
import type { flightSheetSummary } from './schema.js';
import type { SheetVersion } from './store.js';

export function showSummary({
  sheet,
  digest,
  state,
  owner,
  createdAt,
}: SheetVersion): z.input<typeof flightSheetSummary> {
  const { slug, version, name, lane, summary, standards } = sheet;
  const created_at = createdAt?.toISOString() ?? null;
  return { slug, version, digest, name, lane, summary, state, owner, standards, created_at };
}
