import { heartbeat } from '@temporalio/activity';
import { auditLedger } from '../src/ledger/audit.js';
import { recordAudit, type AuditParts } from '../src/ledger/audit-store.js';
import { pauseLog } from '../src/ledger/store.js';
import { showReport } from '../src/ledger/view.js';

export interface LedgerAuditActivities {
  auditLog(request: { readonly scope: 'full' | 'incremental' }): Promise<LogAudit>;
}
/** What an audit came to, for the workflow's history. */
export interface LogAudit {
  readonly ok: boolean;
  readonly size: number;
  readonly firstBroken: number | null;
}

export function createLedgerAuditActivities(parts: AuditParts): LedgerAuditActivities {
  const { database, logId } = parts;
  return {
    /**
     * Audits the log and writes down what it found; a mismatch stops minting until a person has looked. Safe to run twice:
     * it reads, adds one row that says what it read, and pauses what is paused already.
     */
    async auditLog({ scope }) {
      const report = await auditLedger(parts, scope, heartbeat);
      const { ok, size, root, checkpointSize, coverage, state, faults } = report;
      const mode = report.mode === 'incremental' ? 'incremental' : 'full';
      const [first] = faults;
      await database.system(async (system) => {
        const fullAt = coverage.fullAt ?? new Date();
        const shown = { ...showReport(logId, report) };
        await recordAudit(system, logId, { mode, ok, size, root, checkpointSize, fullAt, state, report: shown });
        if (first) await pauseLog(system, logId, `an audit found ${first.code}: ${first.detail}`);
      });
      return { ok, size, firstBroken: faults.find(({ index }) => index !== null)?.index ?? null };
    },
  };
}
