import type { Tokens } from '../auth/tokens.js';
import type { Tenant } from '../db/database.js';
import { insertFirstShare } from '../shares/first-share.js';
import { lockAnnotation, recordMinted, type Annotation } from './annotation-store.js';
import { annotationKind, type AnnotationReceiptFacts } from './kinds/annotation.js';
import { mintReceipt, type MintDeps } from './mint.js';
import { findReceipt, type Receipt } from './store.js';

export interface AnnotateDeps extends MintDeps {
  readonly tokens: Tokens;
}

/** Mints the receipt that an annotation owes, with a share of its own. Safe to retry: one per annotation. */
export async function mintAnnotation(tenant: Tenant, deps: AnnotateDeps, id: string): Promise<void> {
  const annotation = await lockAnnotation(tenant, id);
  if (!annotation) throw new Error(`mintAnnotation: there is no ${id}`);
  if (annotation.mintedAs !== null) return;
  const { receipt, isNew } = await mintReceipt(tenant, deps, annotationKind, {
    subjectId: annotation.receiptId,
    occasion: annotation.occasion,
    now: new Date(),
    facts: () => factsOf(tenant, annotation),
  });
  await recordMinted(tenant, id, receipt.id);
  if (!isNew) return;
  await insertFirstShare(tenant, deps.tokens, { receiptId: receipt.id, createdBy: annotation.createdBy });
}

async function factsOf(tenant: Tenant, annotation: Annotation): Promise<AnnotationReceiptFacts> {
  const { status, receiptId, replacementId, erased, role, reason, createdAt } = annotation;
  const receipt = await receiptNamed(tenant, receiptId);
  const replacement = replacementId === null ? null : await receiptNamed(tenant, replacementId);
  return {
    status,
    receipt: { receiptId, kind: receipt.kind, digest: receipt.paeDigest },
    replacement: replacement && { receiptId: replacement.id, digest: replacement.paeDigest },
    erased,
    at: createdAt.toISOString(),
    role,
    reason,
  };
}

async function receiptNamed(tenant: Tenant, id: string): Promise<Receipt> {
  const receipt = await findReceipt(tenant, id);
  if (!receipt) throw new Error(`mintAnnotation: the receipt ${id} is gone`);
  return receipt;
}
