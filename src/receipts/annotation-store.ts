import { raw } from 'objection';
import type { System, Tenant } from '../db/database.js';
import type { AnnotationStatus } from './kinds/annotation.js';
import { AnnotationRow } from './model.js';

/** What became of a receipt later, as somebody decided it; its own receipt follows. */
export interface Annotation {
  readonly id: string;
  readonly orgId: string;
  readonly receiptId: string;
  readonly status: AnnotationStatus;
  /** Once per receipt: revoked, superseded by one other, each erasure. */
  readonly occasion: string;
  readonly replacementId: string | null;
  readonly erased: readonly string[];
  /** Only until the annotation is minted: then it is a disclosure that can be erased. */
  readonly reason: string | null;
  readonly role: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly mintedAs: string | null;
}

/** Safe to repeat: the first annotation of an occasion stands, and `isNew` says whether this was it. */
export async function annotateOnce(
  tenant: Tenant,
  annotation: Omit<Annotation, 'orgId' | 'createdAt' | 'mintedAs'>,
): Promise<{ readonly annotation: Annotation; readonly isNew: boolean }> {
  const { orgId, trx } = tenant;
  const { id, receiptId, occasion, erased } = annotation;
  await AnnotationRow.query(trx)
    .insert({ orgId, ...annotation, erased: [...erased] })
    .onConflict(['org_id', 'receipt_id', 'occasion'])
    .ignore();
  const row = await AnnotationRow.query(trx).findOne({ orgId, receiptId, occasion }).throwIfNotFound();
  return { annotation: row, isNew: row.id === id };
}

/** The annotation, locked: it is minted by one at a time. */
export async function lockAnnotation(tenant: Tenant, id: string): Promise<Annotation | undefined> {
  return AnnotationRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId }).forUpdate();
}

/** What became of a receipt, oldest first. */
export async function listAnnotations(tenant: Tenant, receiptId: string): Promise<readonly Annotation[]> {
  return AnnotationRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).orderBy('id').limit(500);
}

/** Links an annotation with its receipt, and forgets the reason here: the receipt holds it as a disclosure. */
export async function recordMinted(tenant: Tenant, id: string, mintedAs: string): Promise<void> {
  await AnnotationRow.query(tenant.trx).where({ id, orgId: tenant.orgId }).patch({ mintedAs, reason: null });
}

/** Annotations that still owe their receipt after a minute, across organizations. */
export async function listOwedAnnotations(
  { trx }: System,
  limit: number,
): Promise<readonly Pick<Annotation, 'id' | 'orgId'>[]> {
  return AnnotationRow.query(trx)
    .whereNull('mintedAs')
    .where('createdAt', '<', raw(`now() - interval '1 minute'`))
    .orderBy('createdAt')
    .limit(limit)
    .select('id', 'orgId');
}
