import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { createUpdates, type Delivery } from '../adapters/temporal.js';
import { searchAttributes } from '../kernel/search-attributes.js';
import type { TaskQueues } from '../runs/durable.js';
import type { keepMembership } from '../../workflows/membership/keep-membership.js';
import type { MembershipCommandRef } from './apply.js';
import { commandNames, type MembershipCommand } from './rules.js';

export interface MembershipDurable {
  /** Gives a membership a command; its workflow is started from the row when it is not there. */
  give(command: MembershipCommand, ref: MembershipCommandRef): Promise<Delivery>;
  /** Asks for a reading of Stripe; returns when Temporal has taken the wish, and fails when it does not within two seconds. */
  refresh(orgId: string): Promise<void>;
}

/** One workflow per organization while something is owed; a closed one starts again from its row. */
export const membershipWorkflowId = (orgId: string): string => `membership:${orgId}`;

const TASK_TIMEOUT = '5s';
const SIGNAL_DEADLINE_MS = 2000;
const keyword = ({ name, kind }: { readonly name: string; readonly kind: 'KEYWORD' }) =>
  defineSearchAttributeKey(name, kind);

export function createMembershipDurable(client: Client, queues: TaskQueues): MembershipDurable {
  const updates = createUpdates(client);
  const start = (orgId: string): WorkflowStartOptions<typeof keepMembership> => ({
    workflowId: membershipWorkflowId(orgId),
    taskQueue: queues.core,
    args: [{ orgId }],
    workflowTaskTimeout: TASK_TIMEOUT,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `Membership of ${orgId}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: keyword(searchAttributes.org), value: orgId },
      { key: keyword(searchAttributes.entity), value: 'membership' },
    ]),
    priority: { fairnessKey: orgId },
  });
  return {
    give: (command, ref) =>
      updates.sendFirst<typeof keepMembership>('keepMembership', start(ref.orgId), commandNames[command], ref),
    async refresh(orgId) {
      await client.withDeadline(Date.now() + SIGNAL_DEADLINE_MS, () =>
        client.workflow.signalWithStart<typeof keepMembership>('keepMembership', {
          ...start(orgId),
          signal: 'refresh',
          signalArgs: [],
        }),
      );
    },
  };
}
