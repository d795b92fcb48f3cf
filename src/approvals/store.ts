import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { ApprovalRow } from './model.js';
import type { Decision } from './rules.js';

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
  readonly createdAt: Date;
  readonly voidedAt: Date | null;
}

/** Records a decision. The unique index on (run, person, verdict) keeps a second one out. */
export async function insertApproval(
  tenant: Tenant,
  approval: Omit<Approval, 'createdAt' | 'voidedAt'>,
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
