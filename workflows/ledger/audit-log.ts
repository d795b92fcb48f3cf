import { proxyActivities } from '@temporalio/workflow';
import type { LedgerAuditActivities, LogAudit } from '../../activities/ledger-audit.js';
import { auditProfile } from '../profiles.js';

const { auditLog: audit } = proxyActivities<LedgerAuditActivities>(auditProfile);

/** Nightly in full, and at every deployment for what is new: compares the log with itself and with what was published. */
export async function auditLog(scope: 'full' | 'incremental'): Promise<LogAudit> {
  return audit({ scope });
}
