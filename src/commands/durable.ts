import type { Client } from '@temporalio/client';
import type { commitCommand } from '../../workflows/commands/commit-command.js';
import { createUpdates, type Delivery } from '../adapters/temporal.js';
import type { CommandRef, CommittedCommand } from './apply.js';

export interface CommandDurable {
  commit(name: CommittedCommand, command: CommandRef): Promise<Delivery>;
}

/** One workflow per command: a repeated delivery joins it while it is open, and later finds the command applied. */
const commandWorkflowId = ({ commandId }: CommandRef): string => `command:${commandId}`;

/** A killed worker is noticed within this time. */
const TASK_TIMEOUT = '5s';

export function createCommandDurable(client: Client, queues: { readonly core: string }): CommandDurable {
  const updates = createUpdates(client);
  return {
    commit: (name, command) =>
      updates.sendFirst<typeof commitCommand>(
        'commitCommand',
        {
          workflowId: commandWorkflowId(command),
          taskQueue: queues.core,
          args: [name],
          workflowTaskTimeout: TASK_TIMEOUT,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          staticSummary: `${name} · ${command.orgId}`,
          priority: { fairnessKey: command.orgId },
        },
        'commit',
        command,
      ),
  };
}
