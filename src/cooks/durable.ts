import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { cookExecution } from '../../workflows/cooks/cook-execution.js';
import { createUpdates, type Delivery } from '../adapters/temporal.js';
import { searchAttributes } from '../kernel/search-attributes.js';
import type { TaskQueues } from '../runs/durable.js';
import type { CookCommandRef, CookTerms } from './apply.js';

export interface CookRef {
  readonly orgId: string;
  readonly cookId: string;
}
export interface CookDurable {
  /** Starts a cook's workflow with the command that inserts it. */
  request(command: CookCommandRef, terms: CookTerms): Promise<Delivery>;
  /** Asks a cook to stop; a workflow that is missing is started from the row first. */
  cancel(command: CookCommandRef, terms: CookTerms): Promise<Delivery>;
  /** Starts the workflow of a cook that has none; false when it was there. */
  ensure(cook: CookRef, terms: CookTerms): Promise<boolean>;
  /** Tells a workflow to look at Postgres and settle; nothing when it is closed. */
  nudge(cookId: string): Promise<void>;
}

/** One workflow per cook, for ever: a second start joins the first while it is open and is refused once it is closed. */
export const cookWorkflowId = (cookId: string): string => `cook:${cookId}`;
/** The task queue on which runners of one kind wait. */
export const cookTaskQueue = (queues: TaskQueues, queue: string): string => `${queues.core}.cook.${queue}`;

const TASK_TIMEOUT = '5s';
const DEADLINE_MS = 8000;
const keyword = ({ name, kind }: { readonly name: string; readonly kind: 'KEYWORD' }) =>
  defineSearchAttributeKey(name, kind);

export function createCookDurable(client: Client, queues: TaskQueues): CookDurable {
  const updates = createUpdates(client);
  const start = (cook: CookRef, terms: CookTerms, resume: boolean): WorkflowStartOptions<typeof cookExecution> => ({
    workflowId: cookWorkflowId(cook.cookId),
    taskQueue: queues.core,
    args: [
      {
        orgId: cook.orgId,
        cookId: cook.cookId,
        resume,
        terms: { ...terms, queue: cookTaskQueue(queues, terms.queue) },
      },
    ],
    workflowTaskTimeout: TASK_TIMEOUT,
    staticSummary: `Cook ${cook.cookId} · ${cook.orgId}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keyword(searchAttributes.org), value: cook.orgId },
      { key: keyword(searchAttributes.entity), value: 'cook' },
      { key: keyword(searchAttributes.state), value: 'queued' },
    ]),
    priority: { fairnessKey: cook.orgId },
  });
  const ensure = async (cook: CookRef, terms: CookTerms): Promise<boolean> => {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start<typeof cookExecution>('cookExecution', {
          ...start(cook, terms, true),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  };
  return {
    ensure,
    request: (command, terms) =>
      updates.sendFirst<typeof cookExecution>(
        'cookExecution',
        { ...start(command, terms, false), workflowIdReusePolicy: 'REJECT_DUPLICATE' },
        'request',
        command,
      ),
    async cancel(command, terms) {
      const delivery = await updates.send(cookWorkflowId(command.cookId), 'cancel', command);
      if (delivery !== 'missing') return delivery;
      await ensure(command, terms);
      return updates.send(cookWorkflowId(command.cookId), 'cancel', command);
    },
    async nudge(cookId) {
      try {
        await client.withDeadline(Date.now() + DEADLINE_MS, () =>
          client.workflow.getHandle(cookWorkflowId(cookId)).signal('settle'),
        );
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}
