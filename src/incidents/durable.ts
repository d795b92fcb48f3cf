import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { incidentLifecycle } from '../../workflows/incidents/incident-lifecycle.js';
import { createUpdates, type Delivery } from '../adapters/temporal.js';
import { searchAttributes } from '../kernel/search-attributes.js';
import type { IncidentCommandRef, IncidentRef } from './apply.js';

export type IncidentCommandName = 'changeIncident' | 'mintIncident';
export interface IncidentDurable {
  /** Starts an incident's workflow with the command that opens it. */
  open(command: IncidentCommandRef): Promise<Delivery>;
  /** Gives an incident a command; a workflow that is missing is started from the row first. */
  give(name: IncidentCommandName, command: IncidentCommandRef): Promise<Delivery>;
  /** Makes the workflow look at its row again, and starts it if it is not there. */
  nudge(incident: IncidentRef): Promise<void>;
}

/** One workflow per incident at a time; a closed incident that is taken up again gets a new one, which reads its row. */
export const incidentWorkflowId = (incidentId: string): string => `incident:${incidentId}`;

const keyword = ({ name, kind }: { readonly name: string; readonly kind: 'KEYWORD' }) =>
  defineSearchAttributeKey(name, kind);
const DEADLINE_MS = 8000;

export function createIncidentDurable(client: Client, queue: string): IncidentDurable {
  const updates = createUpdates(client);
  const start = (
    { orgId, incidentId }: IncidentRef,
    resume: boolean,
  ): WorkflowStartOptions<typeof incidentLifecycle> => ({
    workflowId: incidentWorkflowId(incidentId),
    taskQueue: queue,
    args: [{ orgId, incidentId, resume }],
    workflowTaskTimeout: '5s',
    staticSummary: `Incident ${incidentId} · ${orgId}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keyword(searchAttributes.org), value: orgId },
      { key: keyword(searchAttributes.entity), value: 'incident' },
    ]),
    priority: { fairnessKey: orgId },
  });
  const nudge = async (incident: IncidentRef): Promise<void> => {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.signalWithStart<typeof incidentLifecycle>('incidentLifecycle', {
        ...start(incident, true),
        signal: 'refresh',
        signalArgs: [],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
    );
  };
  return {
    nudge,
    open: (command) =>
      updates.sendFirst<typeof incidentLifecycle>(
        'incidentLifecycle',
        { ...start(command, false), workflowIdReusePolicy: 'REJECT_DUPLICATE' },
        'openIncident',
        command,
      ),
    async give(name, command) {
      const delivery = await updates.send(incidentWorkflowId(command.incidentId), name, command);
      if (delivery !== 'missing') return delivery;
      await nudge(command);
      return updates.send(incidentWorkflowId(command.incidentId), name, command);
    },
  };
}
