import { proxyActivities } from '@temporalio/workflow';
import type { AnnotationActivities, AnnotationRef } from '../../activities/annotations.js';
import { databaseProfile } from '../profiles.js';

const { mintAnnotation } = proxyActivities<AnnotationActivities>(databaseProfile);

/** Owes an annotation its receipt, for as long as that takes. */
export async function annotateReceipt(ref: AnnotationRef): Promise<void> {
  await mintAnnotation(ref);
}
