import { Model } from 'objection';

export class HeadRow extends Model {
  static override readonly tableName = 'ledger_head';
  static override readonly idColumn = 'logId';
  declare logId: string;
  declare size: number;
  declare root: Buffer;
  declare chain: Buffer;
  declare rightEdge: Buffer;
  declare epoch: number;
  declare pausedReason: string | null;
  declare frozenAt: Date | null;
}

export class PendingRow extends Model {
  static override readonly tableName = 'ledger_pending';
  static override readonly idColumn = ['logId', 'leafId'];
  declare logId: string;
  declare leafId: string;
  declare entry: Buffer;
  declare receiptId: string;
  declare kind: string;
  declare orgAlias: string;
  declare seq: number;
}

export class LeafRow extends Model {
  static override readonly tableName = 'ledger_leaf';
  static override readonly idColumn = ['logId', 'idx'];
  declare logId: string;
  declare idx: number;
  declare leafId: string;
  declare leafHash: Buffer;
  declare chain: Buffer;
  declare entry: Buffer;
  declare receiptId: string;
  declare kind: string;
  declare orgAlias: string;
  declare integratedAt: Date;
}

export class SubtreeRow extends Model {
  static override readonly tableName = 'ledger_subtree';
  static override readonly idColumn = ['logId', 'level', 'idx'];
  declare logId: string;
  declare level: number;
  declare idx: number;
  declare hash: Buffer;
}

export class CheckpointRow extends Model {
  static override readonly tableName = 'ledger_checkpoint';
  static override readonly idColumn = ['logId', 'size'];
  declare logId: string;
  declare size: number;
  declare root: Buffer;
  declare note: string;
  declare signedAt: Date;
}

export class PublicationRow extends Model {
  static override readonly tableName = 'ledger_pub';
  static override readonly idColumn = 'logId';
  declare logId: string;
  declare publishedSize: number;
  declare s3Etag: string | null;
}

export class SigningKeyRow extends Model {
  static override readonly tableName = 'signing_keys';
  static override readonly idColumn = 'keyId';
  declare keyId: string;
  declare purpose: 'receipt' | 'log' | 'log_mldsa';
  declare logId: string | null;
  declare publicKey: string;
  declare vkey: string | null;
  declare validFrom: Date;
  declare validTo: Date | null;
  declare endedAs: 'retired' | 'compromised' | null;
}

export class PolicyRow extends Model {
  static override readonly tableName = 'ledger_policy';
  static override readonly idColumn = 'logId';
  declare logId: string;
  declare text: string;
}

export class CosignatureRow extends Model {
  static override readonly tableName = 'ledger_cosig';
  static override readonly idColumn = ['logId', 'size', 'witness'];
  declare logId: string;
  declare size: number;
  declare witness: string;
  declare line: string;
  declare cosignedAt: Date;
}

/** How far a witness has come, and why not further. */
export class WitnessRow extends Model {
  static override readonly tableName = 'ledger_witness';
  static override readonly idColumn = ['logId', 'witness'];
  declare logId: string;
  declare witness: string;
  declare size: number;
  declare fault: string | null;
  declare askedAt: Date;
}

export class WitnessedRow extends Model {
  static override readonly tableName = 'ledger_witnessed';
  static override readonly idColumn = 'logId';
  declare logId: string;
  declare size: number;
}

export class AuditRow extends Model {
  static override readonly tableName = 'ledger_audit';
  static override readonly idColumn = 'id';
  declare id: number;
  declare logId: string;
  declare mode: 'full' | 'incremental';
  declare ok: boolean;
  declare size: number;
  declare root: Buffer;
  declare chain: Buffer;
  declare rightEdge: Buffer;
  declare checkpointSize: number;
  declare fullAt: Date;
  declare report: Readonly<Record<string, unknown>>;
  declare auditedAt: Date;
}
