import { randomUUID } from 'node:crypto';
import { Semaphore, withTimeout } from 'async-mutex';
import {
  ApplicationFailure,
  Client,
  Connection,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Workflow,
  type WorkflowStartOptions,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { isRefusalCode, Refusal, type RefusalDetails } from '../kernel/refusals.js';
import { z } from 'zod';

/** No request waits longer than this for Temporal, in milliseconds. */
const DEADLINE_MS = 8000;
/** Fewer than the ten beyond which one workflow's updates fall off a cliff. */
const PERMITS = 8;
const PERMIT_WAIT_MS = 1000;

/** How an update ended as far as its sender knows; the truth is in Postgres. */
export type Delivery = 'done' | 'accepted' | 'unknown' | 'closed' | 'missing';

/** Sends updates to workflows with a deadline, and never more at once than one workflow bears. */
export interface Updates {
  send(workflowId: string, update: string, argument: object): Promise<Delivery>;
  /** Starts the workflow if it is not there, and sends its first update in the same request. */
  sendFirst<T extends Workflow>(
    workflowType: T | string,
    start: WorkflowStartOptions<T>,
    update: string,
    argument: object,
  ): Promise<Delivery>;
}

export async function connectTemporal(address: string, namespace: string): Promise<Client> {
  return new Client({ connection: await Connection.connect({ address }), namespace });
}

export function createUpdates(client: Client): Updates {
  const gates = new Map<string, Semaphore>();
  const gated = async <T>(workflowId: string, work: () => Promise<T>): Promise<T> => {
    const gate = gates.get(workflowId) ?? new Semaphore(PERMITS);
    gates.set(workflowId, gate);
    const busy = new Refusal('too_many_in_flight', 'Eight commands on this run are under way.', { retry_after: 1 });
    try {
      return await withTimeout(gate, PERMIT_WAIT_MS, busy).runExclusive(work);
    } finally {
      if (!gate.isLocked() && gate.getValue() === PERMITS) gates.delete(workflowId);
    }
  };
  const finish = async (begin: () => Promise<WorkflowUpdateHandle<unknown>>): Promise<Delivery> => {
    let accepted = false;
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
        const handle = await begin();
        accepted = true;
        await handle.result();
      });
      return 'done';
    } catch (error) {
      return deliveryOf(error, accepted);
    }
  };
  // A delivery has an id of its own: a failed update stays cached under its id, and what makes a command happen once
  // is the command id in Postgres.
  const options = () => ({ updateId: randomUUID(), waitForStage: 'ACCEPTED' }) as const;
  return {
    send: (workflowId, update, argument) =>
      gated(workflowId, () =>
        finish(() =>
          client.workflow
            .getHandle(workflowId)
            .startUpdate<unknown, [object]>(update, { ...options(), args: [argument] }),
        ),
      ),
    sendFirst: <T extends Workflow>(
      workflowType: T | string,
      start: WorkflowStartOptions<T>,
      update: string,
      argument: object,
    ) =>
      finish(() =>
        client.workflow.startUpdateWithStart<T, unknown, [object]>(update, {
          ...options(),
          args: [argument],
          startWorkflowOperation: new WithStartWorkflowOperation(workflowType, {
            ...start,
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      ),
  };
}

const detailsSchema = z.object({
  current_state: z.string().optional(),
  allowed: z.array(z.string()).optional(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  retry_after: z.number().optional(),
  quota: z.object({ limit: z.int(), used: z.int(), resets_at: z.string(), of: z.string() }).optional(),
});

/** Refusals come back as they were thrown; what is left says whether the command may still happen. */
function deliveryOf(error: unknown, accepted: boolean): Delivery {
  if (error instanceof WorkflowUpdateFailedError) throw toRefusal(error);
  if (error instanceof WorkflowNotFoundError) return 'missing';
  if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcServiceError(error))
    return accepted ? 'accepted' : 'unknown';
  throw error;
}

/** Walks the chain of causes to the refusal inside; an error without one is a bug and stays itself. */
function toRefusal(error: WorkflowUpdateFailedError): Error {
  let cause: unknown = error.cause;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  if (!(cause instanceof ApplicationFailure) || !isRefusalCode(cause.type)) return error;
  return new Refusal(cause.type, cause.message, readDetails(cause.details?.[0]), { cause: error });
}

function readDetails(details: unknown): RefusalDetails {
  const { current_state, allowed, errors, retry_after, quota } = detailsSchema.safeParse(details).data ?? {};
  return {
    ...(current_state === undefined ? {} : { current_state }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(errors === undefined ? {} : { errors }),
    ...(retry_after === undefined ? {} : { retry_after }),
    ...(quota === undefined ? {} : { quota }),
  };
}
