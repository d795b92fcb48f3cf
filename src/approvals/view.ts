import type { z } from 'zod';
import type { approvalView } from './schema.js';
import type { Approval } from './store.js';

export function showApproval(approval: Approval): z.input<typeof approvalView> {
  const {
    id,
    runId,
    decision,
    note,
    conditions,
    escalateTo,
    approverId,
    approverRole,
    authMethod,
    authTime,
    verdictDigest,
    signature,
    createdAt,
    voidedAt,
    withdrawnAt,
  } = approval;
  return {
    id,
    run_id: runId,
    decision,
    note,
    conditions: [...conditions],
    escalate_to: escalateTo,
    approver: { user_id: approverId, role: approverRole, auth_method: authMethod, auth_time: authTime.toISOString() },
    signature: signature && { key_id: signature.keyId, scheme: signature.scheme, valid_until: signature.notAfter },
    verdict_digest: verdictDigest,
    created_at: createdAt.toISOString(),
    voided: voidedAt !== null,
    withdrawn_at: withdrawnAt?.toISOString() ?? null,
  };
}
