import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { z } from 'zod';
import { insertLogChunk } from '../cook-logs/store.js';
import { moveLogEnd, extendAttempt, type Attempt } from '../cook-attempts/store.js';
import { patchCook, tellCook } from '../cooks/store.js';
import { Refusal } from '../kernel/refusals.js';
import { directiveOf, loseAttempt, requireLive, withLease, type Claimed, type Held, type RunnerDeps } from './lease.js';
import { placeOf, type Directive } from './rules.js';
import { logLimits, type StatusBody, type statusView } from './schema.js';

const inflate = promisify(gunzip);

interface Piece {
  readonly seq: number;
  readonly offset: number;
  readonly size: number;
  readonly sha256: string;
  readonly gzip: Buffer;
}
interface Reported {
  readonly held: Held;
  readonly attempt: Attempt;
  readonly directive: Directive;
  /** Where the log goes on, when a piece left a gap. */
  readonly gap: number | undefined;
}

/**
 * A runner's report: heartbeat, progress, metrics, checkpoint, and a piece of its log. The lease is longer even when
 * the piece is refused, and whatever the answer, it carries the directive. Safe to repeat: a piece that is there is
 * taken for what it is.
 */
export async function reportStatus(
  deps: RunnerDeps,
  claimed: Claimed,
  body: StatusBody,
): Promise<z.input<typeof statusView>> {
  const piece = body.log && (await readPiece(body.log));
  const { held, attempt, directive, gap } = await withLease(deps, claimed, (open) => record(deps, open, body, piece));
  if (attempt.taskToken) {
    const token = deps.sealer.open(attempt.taskToken, attempt.id);
    const details = { checkpoint: attempt.checkpoint ?? null, progress: attempt.progress };
    if (!(await deps.cookTasks.heartbeat(token, details))) {
      await deps.database.tenant(attempt.orgId, (tenant) => loseAttempt(tenant, attempt.cookId, attempt.id));
      throw new Refusal('lease_lost', 'Temporal has given this attempt up.');
    }
  }
  if (gap !== undefined) {
    const details = { expected_offset: gap, directive };
    throw new Refusal('log_gap', `The log goes on at byte ${String(gap)}.`, details);
  }
  return {
    directive,
    state: held.cook.state,
    lease_expires_at: attempt.expiresAt.toISOString(),
    next_in_s: deps.cookTimes.heartbeatSeconds,
    log_offset: attempt.logBytes,
  };
}

async function record(deps: RunnerDeps, held: Held, body: StatusBody, piece: Piece | undefined): Promise<Reported> {
  await requireLive(held);
  const { tenant, cook, runner } = held;
  const { state, progress, metrics, checkpoint } = body;
  const told = {
    ...(progress === undefined ? {} : { progress }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(checkpoint === undefined ? {} : { checkpoint: checkpoint ?? null }),
  };
  const directive = directiveOf(held);
  const place = piece && placeOf(piece, held.attempt.logBytes);
  if (piece && place?.kind === 'next') await keepPiece(held, piece);
  const attempt = await extendAttempt(tenant, held.attempt.id, deps.cookTimes.leaseSeconds, told);
  const isNewState = state !== cook.state;
  const moved = await patchCook(tenant, cook.id, {
    state,
    ...(cook.startedAt ? {} : { startedAt: new Date() }),
    ...(checkpoint === undefined ? {} : { checkpointRequestedAt: null }),
  });
  if (isNewState || progress !== undefined || metrics !== undefined) {
    const data = { ...(progress === undefined ? {} : { progress }), ...(metrics === undefined ? {} : { metrics }) };
    await tellCook(tenant, cook.id, { kind: isNewState ? state : 'progress', attempt: attempt.attempt, data });
  } else if (place?.kind === 'next') {
    await tenant.trx.raw(`select pg_notify('cooks', ?)`, [cook.id]);
  }
  const gap = place?.kind === 'gap' ? place.expected : undefined;
  return { held: { tenant, runner, cook: moved, attempt }, attempt, directive, gap };
}

async function keepPiece({ tenant, cook, attempt }: Held, piece: Piece): Promise<void> {
  if (attempt.logBytes + piece.size > logLimits.max_bytes)
    throw new Refusal('payload_too_large', `A log ends at ${String(logLimits.max_bytes)} bytes.`);
  const { offset: startByte, size, sha256, gzip } = piece;
  await insertLogChunk(tenant, cook.id, {
    attempt: attempt.attempt,
    seq: attempt.logChunks,
    startByte,
    size,
    sha256,
    gzip,
  });
  const { id, logBytes, logChunks } = attempt;
  await moveLogEnd(tenant, { id, logBytes: logBytes + size, logChunks: logChunks + 1 });
}

async function readPiece(log: NonNullable<StatusBody['log']>): Promise<Piece> {
  const gzip = Buffer.from(log.gzip, 'base64');
  const plain = await unpack(gzip);
  const digest = createHash('sha256').update(plain).digest('hex');
  if (digest !== log.sha256) throw new Refusal('hash_mismatch', 'The log piece has another digest.');
  return { seq: log.seq, offset: log.offset, size: plain.length, sha256: digest, gzip };
}

/** Inflates a piece and no more than a piece may have, whatever it claims to be. */
async function unpack(gzip: Buffer): Promise<Buffer> {
  try {
    return await inflate(gzip, { maxOutputLength: logLimits.max_chunk_bytes });
  } catch (cause) {
    const message = `A log piece is gzip of at most ${String(logLimits.max_chunk_bytes)} bytes.`;
    throw new Refusal('invalid_request', message, {}, { cause });
  }
}
