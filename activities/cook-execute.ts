import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { z } from 'zod';
import type { CookServer, ServerAnswer } from '../src/adapters/cook-server.js';
import { runTrainer, type Said } from '../src/adapters/trainer.js';

export interface NativeRunner {
  readonly server: CookServer;
  readonly name: string;
  readonly labels: readonly string[];
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The training program; it is given the folder of the job as its last argument. */
  readonly command: readonly string[];
  readonly folder: string;
}
export interface NativeActivities {
  'cook.execute'(input: { readonly orgId: string; readonly cookId: string }): Promise<{ readonly attempt: number }>;
}

const PIECE_BYTES = 64 * 1024;
const claimSchema = z.looseObject({
  cook: z.looseObject({ recipe: z.unknown() }),
  attempt: z.int(),
  lease_token: z.string(),
  fence: z.int(),
  heartbeat_every_s: z.int(),
  checkpoint: z.unknown(),
});
const grantSchema = z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()) });
const gapSchema = z.looseObject({ expected_offset: z.int() });
const finishedSchema = z.looseObject({ accepted_as: z.string(), attempt: z.int() });

/**
 * What a native runner does: the task comes from Temporal, and facts go to the API as those of every runner do. The
 * last checkpoint travels in the heartbeat. Safe to retry: every attempt claims anew, and the fence refuses the old one.
 */
export function createNativeActivities(runner: NativeRunner): NativeActivities {
  return {
    async 'cook.execute'({ cookId }) {
      const path = `/runner/cooks/${cookId}`;
      const claim = await claimTask(runner, path);
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, cancellationSignal()]);
      const session = openSession(runner, path, claim, stop);
      const beating = setInterval(() => void session.beat(), claim.heartbeat_every_s * 1000);
      try {
        const folder = join(runner.folder, cookId);
        const carried: unknown = activityInfo().heartbeatDetails;
        const checkpoint = claim.checkpoint ?? carried ?? null;
        const job = { folder, recipe: claim.cook.recipe, checkpoint };
        const code = await runTrainer(runner.command, job, session.hear, signal);
        return await session.finish(code, signal.aborted);
      } finally {
        clearInterval(beating);
        stop.abort();
      }
    },
  };
}

async function claimTask(runner: NativeRunner, path: string): Promise<z.output<typeof claimSchema>> {
  const { name: runner_id, labels, capabilities } = runner;
  const workflow_run_id = activityInfo().workflowExecution?.runId;
  const answer = await runner.server.post(`${path}/claim`, { runner_id, labels, capabilities, workflow_run_id });
  if (answer.status !== 200) throw ApplicationFailure.retryable(`the claim was answered ${String(answer.status)}`);
  return claimSchema.parse(answer.json);
}

/** One attempt as this runner sees it: what it has said, and what it has still to say. */
function openSession(
  { server }: NativeRunner,
  path: string,
  { lease_token, fence, attempt }: z.output<typeof claimSchema>,
  stop: AbortController,
) {
  let state = 'preparing';
  let log = Buffer.alloc(0);
  let sent = 0;
  let pieces = 0;
  let checkpoint: unknown;
  let result: object = {};
  let lost = false;
  let turn: Promise<unknown> = Promise.resolve();
  const artifacts: NonNullable<Said['artifact']>[] = [];
  const call = async (verb: string, body: object): Promise<ServerAnswer> => {
    const answer = await server.post(`${path}/${verb}`, { lease_token, fence, ...body });
    if (answer.status === 409 || answer.status === 410) lost = true;
    if (lost || answer.directive === 'cancel') stop.abort();
    return answer;
  };
  const tell = async (told: object): Promise<void> => {
    const bytes = log.subarray(sent, sent + PIECE_BYTES);
    const piece = bytes.length > 0 ? { log: pieceOf(bytes) } : {};
    const { status, json } = await call('status', { state, ...told, ...piece });
    if (status === 416) sent = gapSchema.parse(json).expected_offset;
    if (status !== 200 || bytes.length === 0) return;
    sent += bytes.length;
    pieces += 1;
  };
  const pieceOf = (bytes: Buffer): object => ({
    seq: pieces,
    offset: sent,
    gzip: gzipSync(bytes).toString('base64'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  // One report at a time: the place of the log is what the last one left.
  const report = (told: object): Promise<void> => {
    const next = turn.then(() => tell(told));
    turn = next.catch(() => undefined);
    return next;
  };
  const upload = async ({ kind, name, path: file, media_type }: NonNullable<Said['artifact']>): Promise<object> => {
    const bytes = readFileSync(file);
    const declared = { kind, name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    const { json } = await call('artifacts', { ...declared, media_type });
    const { url, headers } = grantSchema.parse(json);
    await server.put(url, headers, bytes);
    return declared;
  };
  const conclude = ({ json }: ServerAnswer): { readonly attempt: number } => {
    if (lost) throw ApplicationFailure.retryable('the lease was lost', 'lease_lost');
    const { accepted_as } = finishedSchema.parse(json);
    if (accepted_as === 'cancelled') throw new CancelledFailure('cancelled');
    if (accepted_as === 'requeued') throw ApplicationFailure.retryable('the attempt failed', 'requeued');
    if (accepted_as === 'failed') throw ApplicationFailure.nonRetryable('the attempt failed', 'failed');
    return { attempt };
  };
  return {
    /** Renews both leases: the one in Temporal and the one in Postgres. */
    beat: async (): Promise<void> => {
      heartbeat(checkpoint);
      await report({}).catch(() => undefined);
    },
    hear: async ({ log: line, artifact, result: end, ...told }: Said): Promise<void> => {
      state = 'running';
      if (line !== undefined) log = Buffer.concat([log, Buffer.from(`${line}\n`)]);
      if (artifact) artifacts.push(artifact);
      if (end) result = end;
      if (told.checkpoint !== undefined) checkpoint = told.checkpoint;
      heartbeat(checkpoint);
      if (Object.keys(told).length > 0) await report(told);
    },
    finish: async (code: number | null, stopped: boolean): Promise<{ readonly attempt: number }> => {
      if (lost) throw ApplicationFailure.retryable('the lease was lost', 'lease_lost');
      if (stopped) return conclude(await call('fail', { class: 'cancelled', retryable: false, message: 'stopped' }));
      if (code !== 0) {
        const message = `the trainer ended with ${String(code)}`;
        return conclude(await call('fail', { class: 'user_code', retryable: true, message }));
      }
      state = 'uploading';
      while (sent < log.length && !stop.signal.aborted) await report({});
      const uploaded = [];
      for (const artifact of artifacts) uploaded.push(await upload(artifact));
      return conclude(await call('complete', { artifacts: uploaded, ...result }));
    },
  };
}
