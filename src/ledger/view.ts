import type { z } from 'zod';
import type { LedgerReport } from './audit.js';
import type { entryDetailView, entryView, verifyView } from './schema.js';
import type { Leaf } from './store.js';

/** What a verification of the log by its own operator leaves open. */
const NOT_CHECKED = [
  'That nobody was shown another history: compare checkpoints with others, or verify the log yourself from its tiles.',
  'That what a receipt says is true.',
];

/** A report for the public: no Buffer, no state to go on from. */
export function showReport(logId: string, report: LedgerReport): z.input<typeof verifyView> {
  const { ok, mode, size, root, coverage, checkpointSize, checked, witnesses, paused, faults, milliseconds } = report;
  const full = mode === 'full';
  return {
    ok,
    origin: logId,
    size,
    root: root.toString('base64'),
    checkpoint_size: checkpointSize,
    mode,
    coverage: { from: coverage.from, to: coverage.to, full_at: coverage.fullAt?.toISOString() ?? null },
    checked,
    witnesses: { ...witnesses, have: [...witnesses.have] },
    paused: paused !== null,
    first_broken: faults.find(({ index }) => index !== null)?.index ?? null,
    errors: faults.map((fault) => ({ ...fault })),
    duration_ms: milliseconds,
    not_checked: full ? NOT_CHECKED : [...NOT_CHECKED, `Leaves before ${String(coverage.from)}, this time.`],
    as_of: new Date().toISOString(),
  };
}

/** One entry for the list: nothing of the organization but its alias. */
export function showEntry({
  idx,
  receiptId,
  kind,
  orgAlias,
  leafHash,
  chain,
  integratedAt,
}: Leaf): z.input<typeof entryView> {
  return {
    index: idx,
    receipt_id: receiptId,
    kind,
    org: orgAlias,
    leaf_hash: leafHash.toString('hex'),
    chain: chain.toString('hex'),
    integrated_at: integratedAt.toISOString(),
  };
}

/** One entry with its bytes. */
export const showEntryDetail = (leaf: Leaf): z.input<typeof entryDetailView> => ({
  ...showEntry(leaf),
  entry: leaf.entry.toString('base64'),
});
