import type { Client } from '@temporalio/client';
import type { annotateReceipt } from '../../workflows/receipts/annotate-receipt.js';
import type { TaskQueues } from '../runs/durable.js';
import type { Annotation } from './annotation-store.js';

export interface AnnotationDurable {
  /** Makes sure that an annotation gets its receipt. What this misses, the reconciler finds. */
  mint(annotation: Annotation): Promise<void>;
}

export function createAnnotationDurable(client: Client, queues: TaskQueues): AnnotationDurable {
  return {
    async mint({ id, orgId }) {
      await client.withDeadline(Date.now() + 5000, () =>
        client.workflow.start<typeof annotateReceipt>('annotateReceipt', {
          // One workflow per annotation: a second request joins the first.
          workflowId: `annotation:${id}`,
          taskQueue: queues.core,
          args: [{ orgId, annotationId: id }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Receipt of ${id}`,
          priority: { fairnessKey: orgId },
        }),
      );
    },
  };
}
