import { findLastGoodAudit, readState, requireHead, type AuditParts } from './audit-store.js';
import { checkCosignatures, checkNotes, type Witnessed } from './audit-notes.js';
import { checkEntryTiles, checkPublishedCheckpoint, checkUpperTiles } from './audit-tiles.js';
import { listLogVerifiers } from './keys.js';
import { checkLifecycle } from './lifecycle.js';
import { findLatestCheckpoint, readLeaves } from './store.js';
import { TILE_WIDTH } from './tree.js';
import { beginning, LogReplay, type LedgerFault, type ReplayState } from './verify.js';

/** Leaves at a time: whole tiles, so that each is compared with storage while its leaves are at hand. */
const BATCH = 8 * TILE_WIDTH;
/** Receipts at a time for the lifecycle's queries. */
const LIFECYCLE_BATCH = 50_000;
const MAX_FAULTS = 20;

/** Everything; what is new since the last good audit; or what is new since a size the caller has verified before. */
export type AuditScope = 'full' | 'incremental' | { readonly since: number };

export interface LedgerReport {
  /** Nothing wrong, and nothing left out. */
  readonly ok: boolean;
  readonly mode: 'full' | 'incremental' | 'since';
  readonly size: number;
  readonly root: Buffer;
  /** Leaves recomputed now. An incremental audit stands on an earlier one for those before. */
  readonly coverage: { readonly from: number; readonly to: number; readonly fullAt: Date | null };
  readonly checkpointSize: number;
  readonly checked: { readonly leaves: number; readonly tiles: number; readonly signatures: number };
  readonly witnesses: Witnessed;
  readonly paused: string | null;
  /** The first bad index first. */
  readonly faults: readonly LedgerFault[];
  readonly milliseconds: number;
  /** From where the next audit can go on. */
  readonly state: ReplayState;
}

interface Start {
  readonly mode: LedgerReport['mode'];
  readonly state: ReplayState;
  /** When all before was recomputed last; null if it is taken on trust. */
  readonly fullAt: Date | null;
}

/** Recomputes the log from its leaf bytes and holds head, checkpoints, signatures, published objects and lifecycle against it. */
export async function auditLedger(
  parts: AuditParts,
  scope: AuditScope,
  onProgress: (leaves: number) => void = () => undefined,
): Promise<LedgerReport> {
  const started = performance.now();
  const { database, logId } = parts;
  // The checkpoint first: the head may grow past it in between, never the other way round.
  const last = await findLatestCheckpoint(database.knex, logId);
  const head = await requireHead(database.knex, logId);
  const verifiers = await listLogVerifiers(database.knex, logId);
  const start = await startOf(parts, scope);
  const from = start.state.edge.size;
  const replay = new LogReplay(start.state);
  const faults: LedgerFault[] = [];
  const checked = { tiles: 0, signatures: 0 };
  const checkpointSize = last?.size ?? 0;
  if (from === 0) checked.signatures += await checkNotes(parts, { replay, verifiers, after: -1 }, faults);
  for (let at = from - (from % TILE_WIDTH); at < head.size; at += BATCH) {
    const leaves = await readLeaves(database.knex, logId, at, Math.min(BATCH, head.size - at));
    const tiles = checkEntryTiles(parts, { leaves, at, treeSize: checkpointSize }, faults);
    const fresh = leaves.filter(({ idx }) => idx >= replay.size);
    const notes = { replay, verifiers, after: replay.size, leaves: fresh };
    checked.signatures += await checkNotes(parts, notes, faults);
    checked.tiles += await tiles;
    onProgress(replay.size);
  }
  checkEnd(replay, head, checkpointSize, faults);
  checked.tiles += await checkUpperTiles(parts, { replay, from, treeSize: checkpointSize }, faults);
  await checkPublishedCheckpoint(parts, checkpointSize, faults);
  for (let at = from; at < head.size; at += LIFECYCLE_BATCH) {
    const range = { logId, from: at, to: Math.min(at + LIFECYCLE_BATCH, head.size) };
    faults.push(...(await database.system((system) => checkLifecycle(system, range))));
  }
  const witnesses = await checkCosignatures(parts, faults);
  if (start.mode === 'since')
    faults.push({ code: 'coverage', index: null, detail: `only leaves from ${String(from)} on were recomputed` });
  return {
    ok: faults.length === 0 && replay.faults.length === 0,
    mode: start.mode,
    size: head.size,
    root: replay.root,
    coverage: { from, to: replay.size, fullAt: from === 0 ? new Date() : start.fullAt },
    checkpointSize,
    checked: { leaves: replay.size - from, ...checked },
    witnesses,
    paused: head.pausedReason,
    faults: inOrder([...replay.faults, ...faults]),
    milliseconds: Math.round(performance.now() - started),
    state: { edge: replay.edge, chain: replay.chain },
  };
}

/** Where the audit begins. Without a good audit to stand on, an incremental one is a full one. */
async function startOf({ database, logId }: AuditParts, scope: AuditScope): Promise<Start> {
  const full: Start = { mode: 'full', state: beginning(logId), fullAt: null };
  if (scope === 'full') return full;
  if (scope === 'incremental') {
    const last = await findLastGoodAudit(database.knex, logId);
    return last && last.size > 0 ? { mode: 'incremental', state: last.state, fullAt: last.fullAt } : full;
  }
  const state = scope.since === 0 ? undefined : await readState(database.knex, logId, scope.since);
  return state ? { mode: 'since', state, fullAt: null } : full;
}

function checkEnd(
  replay: LogReplay,
  head: { readonly size: number; readonly root: Buffer; readonly chain: Buffer },
  checkpointSize: number,
  faults: LedgerFault[],
): void {
  if (replay.size !== head.size || !replay.root.equals(head.root) || !replay.chain.equals(head.chain))
    faults.push({ code: 'head', index: null, detail: 'the head is not what the leaves give' });
  if (checkpointSize > replay.size) {
    const detail = `a checkpoint of size ${String(checkpointSize)} was signed; those leaves are gone`;
    faults.push({ code: 'checkpoint', index: replay.size, detail });
  }
}

const inOrder = (faults: readonly LedgerFault[]): readonly LedgerFault[] =>
  [...faults].sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity)).slice(0, MAX_FAULTS);
