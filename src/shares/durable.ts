import type { Client } from '@temporalio/client';
import type { renderShare } from '../../workflows/shares/render-share.js';
import type { TaskQueues } from '../runs/durable.js';
import type { Share } from './store.js';

/** One printing per edition of a share: a second request joins the first. */
const workflowId = ({ id, edition }: Share): string => `share-pdf:${id}:${String(edition)}`;

export interface ShareDurable {
  /** Makes sure that the PDF of a share is being printed. */
  print(share: Share): Promise<void>;
}

export function createShareDurable(client: Client, queues: TaskQueues): ShareDurable {
  return {
    async print(share) {
      await client.withDeadline(Date.now() + 5000, () =>
        client.workflow.start<typeof renderShare>('renderShare', {
          workflowId: workflowId(share),
          taskQueue: queues.core,
          args: [{ orgId: share.orgId, shareId: share.id, pdfQueue: queues.pdf }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `PDF of ${share.id}`,
          priority: { fairnessKey: share.orgId },
        }),
      );
    },
  };
}
