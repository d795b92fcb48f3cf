import type { Database } from '../src/db/database.js';
import { Refusal } from '../src/kernel/refusals.js';
import { mintAnnotation, type AnnotateDeps } from '../src/receipts/annotate.js';

export interface AnnotationRef {
  readonly orgId: string;
  readonly annotationId: string;
}
export interface AnnotationActivities {
  mintAnnotation(ref: AnnotationRef): Promise<void>;
}
export interface AnnotationDeps extends AnnotateDeps {
  readonly database: Database;
}

export function createAnnotationActivities(deps: AnnotationDeps): AnnotationActivities {
  return {
    /** Safe to retry: see mintAnnotation. A ledger that takes nothing now is an outage to this, not a refusal. */
    async mintAnnotation({ orgId, annotationId }) {
      try {
        await deps.database.tenant(orgId, (tenant) => mintAnnotation(tenant, deps, annotationId));
      } catch (cause) {
        if (cause instanceof Refusal) throw new Error(`mintAnnotation: ${cause.code}`, { cause });
        throw cause;
      }
    },
  };
}
