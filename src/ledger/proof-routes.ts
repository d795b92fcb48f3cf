import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { proofText } from './note.js';
import { createProver } from './prover.js';
import { checkpointsQuery, checkpointsView, consistencyQuery, consistencyView } from './schema.js';
import { inclusionQuery, inclusionView, type InclusionQuery } from './schema.js';
import { findLeafByDigest, findPublication, listCheckpointsFrom, readLeaves, type Leaf } from './store.js';
import { findGraded, findGradedAt, type GradedCheckpoint } from './witness-store.js';

export interface ProofRouteDeps {
  readonly database: Database;
  readonly logId: string;
}

const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));

/** Proofs about the log, and the checkpoints they lead to. */
export function proofRoutes(deps: ProofRouteDeps): readonly Route[] {
  const { database, logId } = deps;
  const prover = createProver(database.knex, logId);
  const common = { method: 'get', auth: anyone, params: none, body: noBody, status: 200 } as const;
  return [
    defineRoute({
      ...common,
      path: '/ledger/proof/inclusion',
      operationId: 'proveInclusion',
      summary: 'Proof that an entry is in the log, as JSON or as C2SP tlog-proof text',
      query: inclusionQuery,
      response: inclusionView,
      media: ['text/plain'],
      refuses: ['invalid_request', 'not_found', 'not_acceptable', 'unavailable'],
      handle: async ({ query, request }) => {
        const form = request.accepts(['application/json', 'text/plain']);
        if (form === undefined) throw new Refusal('not_acceptable', 'A proof is JSON or plain text.');
        const leaf = await requireLeaf(deps, query);
        const checkpoint = await requireCheckpoint(deps, query, leaf.idx);
        const hashes = await prover.inclusion(leaf.idx, leaf.leafHash, checkpoint);
        const headers = { 'Cache-Control': 'public, max-age=1', Vary: 'Accept' };
        if (form === 'text/plain') {
          const content = proofText({ index: leaf.idx, hashes, checkpoint: checkpoint.note });
          return { media: 'text/plain; charset=utf-8', content, headers };
        }
        const body = {
          origin: logId,
          index: leaf.idx,
          tree_size: checkpoint.size,
          leaf_hash: leaf.leafHash.toString('base64'),
          root: checkpoint.root.toString('base64'),
          hashes: base64(hashes),
          grade: checkpoint.grade,
          checkpoint: checkpoint.note,
        };
        return { body, headers };
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/proof/consistency',
      operationId: 'proveConsistency',
      summary: 'Proof that a larger tree of the log continues a smaller one',
      query: consistencyQuery,
      response: consistencyView,
      refuses: ['invalid_request'],
      handle: async ({ query }) => {
        const { publishedSize } = await findPublication(database.knex, logId);
        const { from, to = publishedSize } = query;
        if (from > to || to > publishedSize)
          throw new Refusal('invalid_request', `Sizes must go up, and at most to ${String(publishedSize)}.`);
        const [first, second] = [
          { size: from, root: await prover.root(from) },
          { size: to, root: await prover.root(to) },
        ];
        const hashes = base64(await prover.consistency(first, second));
        const roots = { from_root: first.root.toString('base64'), to_root: second.root.toString('base64') };
        return { body: { origin: logId, from, to, ...roots, hashes } };
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/checkpoints',
      operationId: 'listCheckpoints',
      summary: 'Every checkpoint that was ever signed, smallest first',
      query: checkpointsQuery,
      response: checkpointsView,
      refuses: ['invalid_request'],
      handle: async ({ query: { from, limit } }) => {
        const rows = await listCheckpointsFrom(database.knex, logId, from, limit + 1);
        const data = rows.slice(0, limit).map(({ size, root, note, signedAt }) => ({
          size,
          root: root.toString('base64'),
          note,
          signed_at: signedAt.toISOString(),
        }));
        return { body: { origin: logId, data, next_from: rows[limit]?.size ?? null } };
      },
    }),
  ];
}

async function requireLeaf({ database, logId }: ProofRouteDeps, { index, digest }: InclusionQuery): Promise<Leaf> {
  if ((index === undefined) === (digest === undefined))
    throw new Refusal('invalid_request', 'Name the entry by index or by digest, not by both.');
  if (digest !== undefined) {
    const leaf = await findLeafByDigest(database.knex, logId, digest);
    if (leaf) return leaf;
  } else if (index !== undefined) {
    const [leaf] = await readLeaves(database.knex, logId, index, 1);
    if (leaf?.idx === index) return leaf;
  }
  throw new Refusal('not_found', 'No such entry.');
}

/** The checkpoint of the size asked for, or the newest of the grade. */
async function requireCheckpoint(
  { database, logId }: ProofRouteDeps,
  { size, grade }: InclusionQuery,
  index: number,
): Promise<GradedCheckpoint> {
  if (size !== undefined) {
    const checkpoint = await findGradedAt(database.knex, logId, size);
    if (!checkpoint) throw new Refusal('not_found', 'No checkpoint of that size was published.');
    if (checkpoint.size <= index) throw new Refusal('invalid_request', 'That checkpoint is from before the entry.');
    return checkpoint;
  }
  const checkpoint = await findGraded(database.knex, logId, grade);
  if (checkpoint && checkpoint.size > index) return checkpoint;
  throw new Refusal('unavailable', `The entry is not under a ${grade} checkpoint yet.`, { retry_after: 1 });
}
