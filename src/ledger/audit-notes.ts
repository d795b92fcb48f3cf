import { cosignatureTime } from './cosignature.js';
import { NoteFault, openCheckpoint, readNote, type NoteVerifier } from './note.js';
import { reachesQuorum } from './policy.js';
import { listCheckpointsBetween, type Leaf, type StoredCheckpoint } from './store.js';
import type { AuditParts } from './audit-store.js';
import type { LedgerFault, LogReplay } from './verify.js';
import { findGraded, findPolicy } from './witness-store.js';

export interface NoteCheck {
  readonly replay: LogReplay;
  readonly verifiers: readonly NoteVerifier[];
  /** Checkpoints larger than this and covered by the leaves are checked. */
  readonly after: number;
  readonly leaves?: readonly Leaf[];
}

/** Adds leaves to the replay; at each checkpoint on the way compares the root with the signed one and opens the note. */
export async function checkNotes(
  { database, logId }: AuditParts,
  { replay, verifiers, after, leaves = [] }: NoteCheck,
  faults: LedgerFault[],
): Promise<number> {
  const checkpoints = await listCheckpointsBetween(database.knex, logId, after, replay.size + leaves.length);
  const rest = [...leaves];
  for (const checkpoint of checkpoints) {
    for (const leaf of rest.splice(0, checkpoint.size - replay.size)) replay.add(leaf);
    if (replay.size === checkpoint.size) replay.meet(checkpoint.root);
    checkNote(checkpoint, logId, verifiers, faults);
  }
  for (const leaf of rest) replay.add(leaf);
  return checkpoints.length;
}

function checkNote(
  { note, size, root }: StoredCheckpoint,
  origin: string,
  verifiers: readonly NoteVerifier[],
  faults: LedgerFault[],
): void {
  const index = Math.max(0, size - 1);
  try {
    const opened = openCheckpoint(note, ...verifiers);
    if (opened.origin === origin && opened.size === size && opened.root.equals(root)) return;
    faults.push({ code: 'signature', index, detail: `the note of size ${String(size)} says something else` });
  } catch (error) {
    if (!(error instanceof NoteFault)) throw error;
    faults.push({ code: 'signature', index, detail: `the note of size ${String(size)}: ${error.message}` });
  }
}

export interface Witnessed {
  readonly quorum: string;
  /** Witnesses whose cosignature on the newest witnessed checkpoint verifies. */
  readonly have: readonly string[];
  readonly size: number;
}

/** Checks each cosignature of the newest witnessed checkpoint with the witness's key, and that they make the quorum. */
export async function checkCosignatures({ database, logId }: AuditParts, faults: LedgerFault[]): Promise<Witnessed> {
  const policy = await findPolicy(database.knex, logId);
  const { quorum } = policy;
  const checkpoint = await findGraded(database.knex, logId, 'witnessed');
  if (!checkpoint) return { quorum, have: [], size: 0 };
  const { body, signatures } = readNote(checkpoint.note);
  const have = policy.witnesses
    .filter(({ cosigner }) => signatures.some((line) => cosignatureTime(line, cosigner, body) !== undefined))
    .map(({ name }) => name);
  if (!reachesQuorum(policy, new Set(have))) {
    const detail = `the cosignatures of size ${String(checkpoint.size)} do not make the quorum`;
    faults.push({ code: 'cosignature', index: null, detail });
  }
  return { quorum, have, size: checkpoint.size };
}
