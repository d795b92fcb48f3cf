import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { leafId } from '../ledger/entry.js';
import type { Disclosure } from './disclosures.js';
import { DisclosureRow, ReceiptHeadRow, ReceiptRow } from './model.js';
import type { SignedReceipt } from './sign.js';

export interface Receipt {
  readonly id: string;
  readonly orgId: string;
  readonly kind: string;
  readonly subjectId: string;
  readonly occasion: string;
  readonly revision: number;
  readonly orgSeq: number;
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly keyId: string;
  readonly paeDigest: string;
  readonly issuedAt: Date;
}
export interface StoredDisclosure {
  readonly pointer: string;
  /** Null once erased: the commitment is then noise, and everything still verifies. */
  readonly disclosure: string | null;
}

/** Locks the organization's receipt sequence: receipts of one organization are minted one at a time. */
export async function lockSequence(tenant: Tenant): Promise<{ readonly seq: number; readonly digest: string }> {
  return ReceiptHeadRow.query(tenant.trx).findById(tenant.orgId).forUpdate().throwIfNotFound();
}

/** The newest receipt of a subject, if one was minted. */
export async function findReceiptOf(tenant: Tenant, kind: string, subjectId: string): Promise<Receipt | undefined> {
  return ReceiptRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, kind, subjectId })
    .orderBy('revision', 'desc')
    .first();
}

/** The receipt of one occasion of a subject. */
export async function findReceiptFor(
  tenant: Tenant,
  { kind, subjectId, occasion }: { kind: string; subjectId: string; occasion: string },
): Promise<Receipt | undefined> {
  return ReceiptRow.query(tenant.trx).findOne({ orgId: tenant.orgId, kind, subjectId, occasion });
}

export async function findReceipt(tenant: Tenant, id: string): Promise<Receipt | undefined> {
  return ReceiptRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

/**
 * Keeps a signed receipt, its disclosures and the organization's new head, before anything else sees the signature.
 * Safe to retry only as a whole: the caller looks for the subject's receipt under the sequence lock first.
 */
export async function insertReceipt(
  tenant: Tenant,
  receipt: {
    id: string;
    kind: string;
    subjectId: string;
    occasion: string;
    revision: number;
    seq: number;
    prev: string;
    keyId: string;
    issuedAt: Date;
    signed: SignedReceipt;
    disclosures: readonly Disclosure[];
  },
): Promise<Receipt> {
  const { id, kind, subjectId, occasion, revision, seq, prev, keyId, issuedAt, signed, disclosures } = receipt;
  const { payload, signature, paeDigest, entry } = signed;
  const row = await ReceiptRow.query(tenant.trx)
    .insert({
      id,
      orgId: tenant.orgId,
      kind,
      subjectId,
      occasion,
      revision,
      orgSeq: seq,
      prevDigest: prev,
      payload,
      signature,
      keyId,
      paeDigest,
      leafId: leafId(entry),
      issuedAt,
    })
    .returning('*');
  const rows = disclosures.map((item) => ({ receiptId: id, orgId: tenant.orgId, ...item }));
  await DisclosureRow.query(tenant.trx).insert(rows);
  await ReceiptHeadRow.query(tenant.trx).findById(tenant.orgId).patch({ seq, digest: paeDigest });
  return row;
}

export async function listDisclosures(tenant: Tenant, receiptId: string): Promise<readonly StoredDisclosure[]> {
  return DisclosureRow.query(tenant.trx).where({ orgId: tenant.orgId, receiptId }).orderBy('pointer');
}

/** Erases what reveals fields; their commitments stay and tell nothing. Safe to repeat: says how many are new. */
export async function eraseDisclosures(
  tenant: Tenant,
  receiptId: string,
  pointers: readonly string[],
): Promise<number> {
  return DisclosureRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, receiptId })
    .whereIn('pointer', [...pointers])
    .whereNotNull('disclosure')
    .patch({ disclosure: null, erasedAt: raw('now()') });
}

/** Keeps the SD-JWT of a receipt, signed in the transaction that minted it. */
export async function insertToken(tenant: Tenant, receiptId: string, sdJwt: string): Promise<void> {
  await tenant.trx('receipt_tokens').insert({ receiptId, orgId: tenant.orgId, sdJwt });
}

export async function findToken(tenant: Tenant, receiptId: string): Promise<string | undefined> {
  const row = await tenant
    .trx<{ receiptId: string; orgId: string; sdJwt: string }>('receipt_tokens')
    .where({ receiptId, orgId: tenant.orgId })
    .first();
  return row?.sdJwt;
}

/** Every receipt of a subject, oldest first. */
export async function listReceiptsOf(tenant: Tenant, kind: string, subjectId: string): Promise<readonly Receipt[]> {
  return ReceiptRow.query(tenant.trx).where({ orgId: tenant.orgId, kind, subjectId }).orderBy('revision').limit(500);
}

/** The newest receipts of a kind. */
export async function listReceiptsOfKind(tenant: Tenant, kind: string, limit: number): Promise<readonly Receipt[]> {
  return ReceiptRow.query(tenant.trx).where({ orgId: tenant.orgId, kind }).orderBy('orgSeq', 'desc').limit(limit);
}
