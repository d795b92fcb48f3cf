import { randomUUID } from 'node:crypto';
import { heartbeat } from '@temporalio/activity';
import { mitigateRecovered } from '../src/incidents/mitigate-store.js';
import { tellIncidents } from '../src/incidents/report-store.js';
import { auditLedger } from '../src/ledger/audit.js';
import { recordAudit, type AuditParts } from '../src/ledger/audit-store.js';
import { pauseLog } from '../src/ledger/store.js';
import { showReport } from '../src/ledger/view.js';
import { PLATFORM_ORG } from '../src/orgs/platform.js';

export interface LedgerAuditActivities {
  auditLog(request: { readonly scope: 'full' | 'incremental' }): Promise<LogAudit>;
}
/** What an audit came to, for the workflow's history. */
export interface LogAudit {
  readonly ok: boolean;
  readonly size: number;
  readonly firstBroken: number | null;
}

/** How a log that does not hold together is told of. */
const mismatch = {
  title: 'The ledger is not what it was: minting is paused',
  kind: 'security',
  severity: 'sev1',
  source: 'ledger',
  by: 'ledger',
} as const;

export function createLedgerAuditActivities(parts: AuditParts): LedgerAuditActivities {
  const { database, logId } = parts;
  return {
    /**
     * Audits the log and writes down what it found; a mismatch stops minting until a person has looked, and is an incident
     * of the platform. Safe to run twice: it reads, adds one row that says what it read, pauses what is paused already, and
     * tells again of an incident that is open.
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
        const incident = { orgId: PLATFORM_ORG, dedupKey: `ledger:${logId}` };
        const now = new Date();
        if (first) {
          await pauseLog(system, logId, `an audit found ${first.code}: ${first.detail}`);
          await tellIncidents(
            system,
            [{ ...incident, ...mismatch, sourceKey: `ledger:${logId}:${randomUUID()}` }],
            now,
          );
        } else if (ok && mode === 'full') {
          const recovered = { ...incident, at: now, key: `ledger:${logId}:sound:${randomUUID()}` };
          await mitigateRecovered(system, [recovered], { actor: 'ledger', reason: 'a full audit found the log sound' });
        }
      });
      return { ok, size, firstBroken: faults.find(({ index }) => index !== null)?.index ?? null };
    },
  };
}
