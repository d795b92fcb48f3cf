import { Model } from 'objection';
import type { AnnotationStatus } from './kinds/annotation.js';

export class ReceiptRow extends Model {
  static override readonly tableName = 'receipts';
  declare readonly id: string;
  declare orgId: string;
  declare kind: string;
  declare subjectId: string;
  declare occasion: string;
  declare revision: number;
  declare orgSeq: number;
  declare prevDigest: string;
  declare payload: Buffer;
  declare signature: Buffer;
  declare keyId: string;
  declare paeDigest: string;
  declare leafId: string;
  declare issuedAt: Date;
}

export class DisclosureRow extends Model {
  static override readonly tableName = 'receipt_disclosures';
  static override readonly idColumn = ['receiptId', 'pointer'];
  declare receiptId: string;
  declare orgId: string;
  declare pointer: string;
  declare disclosure: string | null;
  declare erasedAt: Date | null;
}

export class ReceiptHeadRow extends Model {
  static override readonly tableName = 'receipt_heads';
  static override readonly idColumn = 'orgId';
  declare orgId: string;
  declare seq: number;
  declare digest: string;
}

export class AnnotationRow extends Model {
  static override readonly tableName = 'receipt_annotations';
  declare readonly id: string;
  declare orgId: string;
  declare receiptId: string;
  declare status: AnnotationStatus;
  declare occasion: string;
  declare replacementId: string | null;
  declare erased: string[];
  declare reason: string | null;
  declare role: string;
  declare createdBy: string;
  declare createdAt: Date;
  declare mintedAs: string | null;
}
