import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export const annotationStatuses = ['superseded', 'revoked', 'erased'] as const;
export type AnnotationStatus = (typeof annotationStatuses)[number];

export interface AnnotationReceiptFacts {
  readonly status: AnnotationStatus;
  readonly receipt: { readonly receiptId: string; readonly kind: string; readonly digest: string };
  /** The receipt that speaks instead, where one does. */
  readonly replacement: { readonly receiptId: string; readonly digest: string } | null;
  /** Pointers whose disclosures are gone. */
  readonly erased: readonly string[];
  readonly at: string;
  readonly role: string;
  readonly reason: string | null;
}

/** What became of a receipt later: an entry of its own, because a receipt that was issued is never changed. */
export const annotationKind = defineKind<AnnotationReceiptFacts>({
  kind: 'annotation',
  predicateType: `${PREDICATE_BASE}/annotation/v1`,
  schemaVersion: '1.0.0',
  notChecked: ['Whether the reason given is the true one.'],
  schema: z.object({
    ...frame,
    annotation: z.object({
      status: z.enum(annotationStatuses),
      receipt: z.object({ receiptId: z.string(), kind: z.string(), digest: sha256 }),
      replacement: z.object({ receiptId: z.string(), digest: sha256 }).nullable(),
      erased: z.array(z.string()),
      at: time,
      role: z.string(),
      ...committed,
    }),
  }),
  subjects: ({ receipt }) => [{ name: receipt.receiptId, digest: { sha256: receipt.digest } }],
  body: ({ reason, ...annotation }, commitments) => ({
    annotation: { ...annotation, ...commitments.commit('/annotation', { reason }) },
  }),
});
