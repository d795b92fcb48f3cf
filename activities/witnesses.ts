import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { WitnessClient } from '../src/adapters/witness.js';
import type { Database } from '../src/db/database.js';
import type { Growth } from '../src/db/listen.js';
import { cosignatureTime } from '../src/ledger/cosignature.js';
import { NoteFault, readNote, readSignatures } from '../src/ledger/note.js';
import { reachesQuorum, type Witness, type WitnessPolicy } from '../src/ledger/policy.js';
import { createProver, type Prover } from '../src/ledger/prover.js';
import { findPublishedCheckpoint, type StoredCheckpoint } from '../src/ledger/store.js';
import {
  keepCosignature,
  listCosignatures,
  listWitnessStates,
  recordWitness,
  recordWitnessed,
  type Cosignature,
} from '../src/ledger/witness-store.js';

/** How long one activity asks witnesses before its workflow starts the next, in milliseconds. */
const TERM_MS = 10 * 60_000;
/** The first answer tells the size the witness knows, the second try uses it. */
const TRIES = 2;

export interface WitnessActivities {
  runWitnessing(): Promise<void>;
}
export interface WitnessDeps {
  readonly database: Database;
  readonly logId: string;
  readonly policy: WitnessPolicy;
  readonly witnesses: WitnessClient;
  /** Wakes when the log is published. */
  readonly growth: Growth;
  /** Witnesses limit the rate of checkpoints: at least this long between two, in milliseconds. */
  readonly witnessSpacingMs: number;
  readonly termMs?: number;
}

export function createWitnessActivities(deps: WitnessDeps): WitnessActivities {
  const { database, logId, growth, witnessSpacingMs, termMs = TERM_MS } = deps;
  const prover = createProver(database.knex, logId);
  return {
    /**
     * Takes each new published checkpoint to the witnesses until its term ends. Safe to run twice at once: a cosignature is
     * kept once per size and witness, and the witness itself answers a known checkpoint again.
     */
    async runWitnessing() {
      const end = Date.now() + termMs;
      const signal = cancellationSignal();
      while (Date.now() < end && !signal.aborted) {
        const woken = growth.next(Math.min(witnessSpacingMs, 2000));
        const asked = await witnessNewest(deps, prover);
        if (asked) await beating(witnessSpacingMs);
        else await woken;
        heartbeat();
      }
    },
  };
}

/** Waits, and says meanwhile that it is alive. */
async function beating(milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    heartbeat();
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, Math.max(1, end - Date.now()))));
  }
}

/** Asks every witness that has not cosigned the newest published checkpoint; false when there is none to ask. */
export async function witnessNewest(deps: WitnessDeps, prover: Prover): Promise<boolean> {
  const { database, logId, policy } = deps;
  const checkpoint = await findPublishedCheckpoint(database.knex, logId);
  if (!checkpoint || checkpoint.size === 0) return false;
  const have = new Set((await listCosignatures(database.knex, logId, checkpoint.size)).map(({ witness }) => witness));
  const missing = policy.witnesses.filter(({ name, url }) => url !== undefined && !have.has(name));
  if (missing.length === 0) return false;
  await Promise.all(missing.map((witness) => askWitness(deps, prover, witness, checkpoint)));
  const now = new Set((await listCosignatures(database.knex, logId, checkpoint.size)).map(({ witness }) => witness));
  if (policy.quorum !== 'none' && reachesQuorum(policy, now))
    await database.system((system) => recordWitnessed(system, logId, checkpoint.size));
  return true;
}

/** One witness's answer, written down whatever it is: an absent witness never stops the log. */
async function askWitness(
  deps: WitnessDeps,
  prover: Prover,
  witness: Witness,
  checkpoint: StoredCheckpoint,
): Promise<void> {
  const { database, logId } = deps;
  const states = await listWitnessStates(database.knex, logId);
  const known = states.find((state) => state.witness === witness.name)?.size ?? 0;
  const outcome = await converse(deps, prover, witness, checkpoint, known);
  await database.system(async (system) => {
    if ('cosignature' in outcome) await keepCosignature(system, logId, checkpoint.size, outcome.cosignature);
    const fault = 'fault' in outcome ? outcome.fault : null;
    await recordWitness(system, logId, { witness: witness.name, size: outcome.size, fault });
  });
}

type Outcome =
  { readonly size: number; readonly cosignature: Cosignature } | { readonly size: number; readonly fault: string };

async function converse(
  { witnesses }: WitnessDeps,
  prover: Prover,
  { name, url = '', cosigner }: Witness,
  { size, root, note }: StoredCheckpoint,
  known: number,
): Promise<Outcome> {
  let old = Math.min(known, size);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const proof = await prover.consistency({ size: old, root: await prover.root(old) }, { size, root });
    let answer;
    try {
      answer = await witnesses.addCheckpoint(url, { old, proof, note });
    } catch (error) {
      return { size: old, fault: error instanceof Error ? error.message : 'it could not be reached' };
    }
    if (answer.kind === 'refused') return { size: old, fault: answer.why };
    if (answer.kind === 'cosigned') {
      const cosignature = findCosignature(answer.lines, name, cosigner, note);
      return cosignature ? { size, cosignature } : { size: old, fault: 'its cosignature does not verify' };
    }
    if (answer.size > size) return { size: old, fault: `it has seen a larger tree, of ${String(answer.size)}` };
    old = answer.size;
  }
  return { size: old, fault: 'it did not accept the size that it named itself' };
}

function findCosignature(
  lines: string,
  witness: string,
  cosigner: Witness['cosigner'],
  note: string,
): Cosignature | undefined {
  try {
    const { body } = readNote(note);
    for (const line of readSignatures(lines)) {
      const time = cosignatureTime(line, cosigner, body);
      if (time !== undefined) return { witness, line: line.text, cosignedAt: new Date(time * 1000) };
    }
  } catch (error) {
    if (!(error instanceof NoteFault)) throw error;
  }
  return undefined;
}
