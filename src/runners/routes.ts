import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { cookParams } from '../cooks/schema.js';
import { defineRoute, none, type RequestInfo, type Route } from '../http/define-route.js';
import { internal } from '../http/gates.js';
import { claimNative, claimNext } from './claim.js';
import { completeCook, failCook } from './finish.js';
import type { RunnerDeps } from './lease.js';
import { reportStatus } from './report.js';
import {
  claimBody,
  claimView,
  completeBody,
  failBody,
  finishedView,
  nextBody,
  statusBody,
  statusView,
  uploadBody,
  uploadView,
} from './schema.js';
import { grantUpload } from './upload.js';

/** A runner with nothing to do asks again after one to this many seconds, so that a fleet does not ask in step. */
const IDLE_SECONDS = 4;
const ofLease = ['invalid_request', 'not_found', 'lease_lost', 'cook_over', 'runner_refused', 'unavailable'] as const;

/** The runner protocol: claim, report, upload, finish. Every answer carries a directive. */
export function runnerRoutes(deps: RunnerDeps): readonly Route[] {
  const auth = internal('runner:claim');
  return [
    defineRoute({
      method: 'post',
      path: '/runner/cooks/next',
      operationId: 'claimNextCook',
      summary: 'Claim the next cook: waits up to wait_s seconds, 204 when there is none',
      auth,
      params: none,
      query: none,
      body: nextBody,
      response: claimView,
      status: 200,
      alsoStatus: [204],
      refuses: ['invalid_request', 'runner_refused', 'unavailable'],
      handle: async ({ actor, body, request }) => {
        const next = await untilGone(request, (gone) => claimNext(deps, actor.keyId, body, gone));
        if (next.kind === 'claimed') return { body: next.claim };
        const headers = {
          'Retry-After': String(randomInt(1, IDLE_SECONDS + 1)),
          'Runner-Directive': next.draining ? 'drain' : 'continue',
        };
        return { status: 204, media: 'application/json', content: '', headers };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runner/cooks/{cook_id}/claim',
      operationId: 'claimNativeCook',
      summary: 'A native runner that holds the task of a cook takes its lease',
      auth,
      params: cookParams,
      query: none,
      body: claimBody,
      response: claimView,
      status: 200,
      refuses: ofLease,
      handle: async ({ actor, params, body }) => ({
        body: await claimNative(deps, actor.keyId, params.cook_id, body),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/runner/cooks/{cook_id}/status',
      operationId: 'reportCook',
      summary: 'Heartbeat, progress, metrics, checkpoint and a piece of the log',
      auth,
      params: cookParams,
      query: none,
      body: statusBody,
      response: statusView,
      status: 200,
      refuses: [...ofLease, 'log_gap', 'hash_mismatch', 'payload_too_large'],
      handle: async ({ actor, params, body }) => ({
        body: await reportStatus(deps, { ...claimedBy(actor, params, body) }, body),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/runner/cooks/{cook_id}/artifacts',
      operationId: 'grantCookUpload',
      summary: 'A pre-signed upload for one artifact, bound to its size and digest',
      auth,
      params: cookParams,
      query: none,
      body: uploadBody,
      response: uploadView,
      status: 201,
      refuses: ofLease,
      handle: async ({ actor, params, body }) => ({
        body: await grantUpload(deps, claimedBy(actor, params, body), body),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/runner/cooks/{cook_id}/complete',
      operationId: 'completeCook',
      summary: 'The outcome of an attempt: metrics per item, and artifacts that are verified first',
      auth,
      params: cookParams,
      query: none,
      body: completeBody,
      response: finishedView,
      status: 200,
      refuses: [...ofLease, 'outcome_differs', 'artifact_unverified'],
      handle: async ({ actor, params, body }) => ({
        body: await completeCook(deps, claimedBy(actor, params, body), body),
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/runner/cooks/{cook_id}/fail',
      operationId: 'failCook',
      summary: 'The failure of an attempt, with its class',
      auth,
      params: cookParams,
      query: none,
      body: failBody,
      response: finishedView,
      status: 200,
      refuses: [...ofLease, 'outcome_differs'],
      handle: async ({ actor, params, body }) => ({
        body: await failCook(deps, claimedBy(actor, params, body), body),
      }),
    }),
  ];
}

const claimedBy = (
  { keyId }: { readonly keyId: string },
  { cook_id: cookId }: z.output<typeof cookParams>,
  { lease_token, fence }: { readonly lease_token: string; readonly fence: number },
) => ({ keyId, cookId, lease_token, fence });

/** Gives the work a signal that fires when the connection of the request closes. */
async function untilGone<T>({ stream }: RequestInfo, work: (gone: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { socket } = stream;
  const leave = (): void => {
    controller.abort();
  };
  socket.once('close', leave);
  try {
    return await work(controller.signal);
  } finally {
    socket.off('close', leave);
  }
}
