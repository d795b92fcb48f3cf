import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import type { SignedStatement } from '../receipts/approval-signature.js';
import { ApprovalRow } from './model.js';
import type { Decision } from './rules.js';

/** What an approver signed, with the key and the signature: all that a verifier needs. */
export interface ApprovalSignature extends SignedStatement {
  readonly keyId: string;
  /** Until when the approver's word stands: a receipt minted later would not verify. */
  readonly notAfter: string;
}
export interface Approval {
  readonly id: string;
  readonly runId: string;
  readonly verdictDigest: string;
  readonly decision: Decision;
  readonly note: string | null;
  readonly conditions: readonly string[];
  readonly escalateTo: string | null;
  readonly approverId: string;
  readonly approverRole: string;
  readonly authMethod: string;
  readonly authTime: Date;
  readonly signature: ApprovalSignature | null;
  readonly createdAt: Date;
  readonly voidedAt: Date | null;
  readonly withdrawnAt: Date | null;
}

/** Records a decision. The unique index on (run, person, verdict) keeps a second one out. */
export async function insertApproval(
  tenant: Tenant,
  approval: Omit<Approval, 'createdAt' | 'voidedAt' | 'withdrawnAt'>,
): Promise<Approval> {
  return ApprovalRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...approval })
    .returning('*');
}

export async function listApprovals(tenant: Tenant, runId: string): Promise<readonly Approval[]> {
  return ApprovalRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).orderBy('createdAt');
}

/** Approvals of earlier inputs stay in the history but count no more. */
export async function voidApprovals(tenant: Tenant, runId: string): Promise<void> {
  await ApprovalRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, runId })
    .whereNull('voidedAt')
    .patch({ voidedAt: raw('now()') });
}

/** Takes one decision out of the count: replaced by its own person, or withdrawn. It stays in the history. */
export async function voidApproval(tenant: Tenant, id: string, how: 'replaced' | 'withdrawn'): Promise<Approval> {
  const rows = await ApprovalRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, id })
    .whereNull('voidedAt')
    .patch({ voidedAt: raw('now()'), ...(how === 'withdrawn' ? { withdrawnAt: raw('now()') } : {}) })
    .returning('*');
  const row = rows[0];
  if (!row) throw new Error(`voidApproval: ${id} is void already`);
  return row;
}

/** The decisions that count, of several runs at once. */
export async function listStandingApprovals(tenant: Tenant, runIds: readonly string[]): Promise<readonly Approval[]> {
  return ApprovalRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn('runId', [...runIds])
    .whereNull('voidedAt')
    .orderBy('createdAt');
}
