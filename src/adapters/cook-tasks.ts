import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ApplicationFailure,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';

/** One `cook.execute` task that Temporal has handed to us on a runner's behalf. */
export interface CookTask {
  /** Fences everything about this task; it never leaves the server. */
  readonly token: Uint8Array;
  readonly orgId: string;
  readonly cookId: string;
  /** What the attempt before this one left in its last heartbeat. */
  readonly checkpoint: unknown;
}
/** Who holds a cook's task, as Temporal knows it. */
export interface TaskHolder {
  readonly identity: string;
  readonly workflowRunId: string;
}

/**
 * The gateway between runners that speak HTTP and Temporal's task queues: it polls, beats and answers for them, always
 * by task token. Completion by workflow and activity id is not fenced and is therefore not part of this interface.
 */
export interface CookTasks {
  /** Waits for a task until the deadline (at least two seconds away) or until the runner has gone. */
  poll(queue: string, identity: string, milliseconds: number, gone: AbortSignal): Promise<CookTask | undefined>;
  /** False when Temporal has given the task up. */
  heartbeat(token: Uint8Array, details: unknown): Promise<boolean>;
  /** Both are safe to repeat: false says that Temporal no longer waits for this task. */
  complete(token: Uint8Array, result: object): Promise<boolean>;
  fail(
    token: Uint8Array,
    failure: { readonly type: string; readonly message: string; readonly final: boolean; readonly retryMs?: number },
  ): Promise<boolean>;
  /** Who works on a cook's task now; for native runners, who hold it themselves. */
  holderOf(cookWorkflowId: string): Promise<TaskHolder | undefined>;
}

/** Temporal refuses polls with less time. */
export const MIN_POLL_MS = 2000;
const DEADLINE_MS = 8000;

const inputSchema = z.object({ orgId: z.string(), cookId: z.string() });

export function createCookTasks(client: Client): CookTasks {
  const quickly = <T>(work: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + DEADLINE_MS, work);
  const delivered = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await quickly(work);
      return true;
    } catch (error) {
      if (error instanceof ActivityNotFoundError) return false;
      throw outage(error);
    }
  };
  return {
    async poll(queue, identity, milliseconds, gone) {
      try {
        const task = await client.withDeadline(Date.now() + milliseconds, () =>
          client.withAbortSignal(gone, () =>
            client.workflowService.pollActivityTaskQueue({
              namespace: client.options.namespace,
              taskQueue: { name: queue },
              identity,
            }),
          ),
        );
        if (task.taskToken.length === 0) return undefined;
        const [input, checkpoint] = [task.input?.payloads?.[0], task.heartbeatDetails?.payloads?.[0]].map((payload) =>
          payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : undefined,
        );
        return { token: task.taskToken, checkpoint, ...inputSchema.parse(input) };
      } catch (error) {
        if (isGrpcDeadlineError(error) || isGrpcCancelledError(error) || gone.aborted) return undefined;
        throw outage(error);
      }
    },
    async heartbeat(token, details) {
      try {
        await quickly(() => client.activity.heartbeat(token, details));
        return true;
      } catch (error) {
        if (error instanceof ActivityNotFoundError) return false;
        // The cancellation itself is read from Postgres, where it was written first.
        if (error instanceof ActivityCancelledError) return true;
        throw outage(error);
      }
    },
    complete: (token, result) => delivered(() => client.activity.complete(token, result)),
    fail: (token, { type, message, final, retryMs }) =>
      delivered(() =>
        client.activity.fail(
          token,
          ApplicationFailure.create({
            message,
            type,
            nonRetryable: final,
            ...(retryMs === undefined ? {} : { nextRetryDelay: retryMs }),
          }),
        ),
      ),
    async holderOf(workflowId) {
      try {
        const { raw, runId } = await quickly(() => client.workflow.getHandle(workflowId).describe());
        const started = raw.pendingActivities?.find(
          ({ activityType, lastStartedTime }) => activityType?.name === 'cook.execute' && lastStartedTime,
        );
        const identity = started?.lastWorkerIdentity;
        return identity ? { identity, workflowRunId: runId } : undefined;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw outage(error);
      }
    },
  };
}

/** Temporal out of reach is an outage that a runner waits out; anything else is a bug and stays itself. */
function outage(error: unknown): Error {
  const isAway = isGrpcServiceError(error) || (error instanceof Error && isGrpcServiceError(error.cause));
  return isAway ? new Refusal('unavailable', 'Temporal did not answer in time.', {}, { cause: error }) : toError(error);
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
