import type { z } from 'zod';
import type { Annotation } from './annotation-store.js';
import type { annotationView } from './schema.js';

export const showAnnotation = (annotation: Annotation): z.input<typeof annotationView> => ({
  id: annotation.id,
  receipt_id: annotation.receiptId,
  status: annotation.status,
  at: annotation.createdAt.toISOString(),
  replacement_id: annotation.replacementId,
  erased: [...annotation.erased],
  minted_as: annotation.mintedAs,
});
