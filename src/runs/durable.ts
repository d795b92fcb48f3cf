import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { runLifecycle } from '../../workflows/runs/run-lifecycle.js';
import { createUpdates, type Delivery } from '../adapters/temporal.js';
import { searchAttributes } from '../kernel/search-attributes.js';
import type { RunCommandRef } from './apply.js';
import { commandNames, type RunEvent } from './rules.js';

export interface TaskQueues {
  readonly core: string;
  readonly pdf: string;
}
export interface RunDurable {
  /** Starts a run's workflow with the command that opens it. */
  open(command: RunCommandRef, projectId: string): Promise<Delivery>;
  /** Gives a run a command; a workflow that is missing is started from the row first. */
  give(event: RunEvent, command: RunCommandRef): Promise<Delivery>;
  /** Starts the workflow of a run that has none; false when it was there. */
  ensure(run: { orgId: string; runId: string }): Promise<boolean>;
}

/** One workflow per run, for ever: a second start joins the first while it is open and is refused once it is closed. */
export const runWorkflowId = (runId: string): string => `run:${runId}`;

const keyword = ({ name, kind }: { readonly name: string; readonly kind: 'KEYWORD' }) =>
  defineSearchAttributeKey(name, kind);

/** API-facing workflows: a killed worker is noticed within this time. */
const TASK_TIMEOUT = '5s';

export function createRunDurable(client: Client, queues: TaskQueues): RunDurable {
  const updates = createUpdates(client);
  const start = (
    run: { orgId: string; runId: string },
    resume: boolean,
    projectId?: string,
  ): WorkflowStartOptions<typeof runLifecycle> => ({
    workflowId: runWorkflowId(run.runId),
    taskQueue: queues.core,
    args: [{ orgId: run.orgId, runId: run.runId, pdfQueue: queues.pdf, resume }],
    workflowTaskTimeout: TASK_TIMEOUT,
    staticSummary: `Run ${run.runId} · ${run.orgId}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keyword(searchAttributes.org), value: run.orgId },
      { key: keyword(searchAttributes.entity), value: 'run' },
      { key: keyword(searchAttributes.state), value: 'draft' },
      ...(projectId === undefined ? [] : [{ key: keyword(searchAttributes.project), value: projectId }]),
    ]),
    priority: { fairnessKey: run.orgId },
  });
  const ensure = async (run: { orgId: string; runId: string }): Promise<boolean> => {
    try {
      await client.withDeadline(Date.now() + 8000, () =>
        client.workflow.start<typeof runLifecycle>('runLifecycle', {
          ...start(run, true),
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
    open: (command, projectId) =>
      updates.sendFirst<typeof runLifecycle>(
        'runLifecycle',
        { ...start(command, false, projectId), workflowIdReusePolicy: 'REJECT_DUPLICATE' },
        'open',
        command,
      ),
    async give(event, command) {
      const delivery = await updates.send(runWorkflowId(command.runId), commandNames[event], command);
      if (delivery !== 'missing') return delivery;
      await ensure(command);
      return updates.send(runWorkflowId(command.runId), commandNames[event], command);
    },
  };
}
