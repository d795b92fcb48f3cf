import type { ObjectStore } from '../adapters/object-store.js';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { auditLedger, type AuditScope, type LedgerReport } from './audit.js';
import { listAudits } from './audit-store.js';
import { listKeys } from './keys.js';
import { policyText } from './policy.js';
import { auditsView, policyView, verifyQuery, verifyView, type VerifyQuery } from './schema.js';
import { findHead } from './store.js';
import { showReport } from './view.js';
import { findPolicy } from './witness-store.js';

export interface VerifyRouteDeps {
  readonly database: Database;
  readonly ledgerObjects: ObjectStore;
  readonly logId: string;
}

const SHOWN_AUDITS = 20;

/** Verification, what earlier ones found, and whose signatures to ask for. */
export function verifyRoutes({ database, ledgerObjects, logId }: VerifyRouteDeps): readonly Route[] {
  const common = { method: 'get', auth: anyone, params: none, body: noBody, status: 200 } as const;
  const audit = sharing((scope) => auditLedger({ database, objects: ledgerObjects, logId }, scope));
  return [
    defineRoute({
      ...common,
      path: '/ledger/verify',
      operationId: 'verifyLedger',
      summary: 'Recompute the log and compare: all of it, or what is new',
      query: verifyQuery,
      response: verifyView,
      refuses: ['invalid_request'],
      handle: async ({ query }) => {
        const scope = scopeOf(query);
        const size = (await findHead(database.knex, logId))?.size ?? 0;
        if (typeof scope === 'object' && scope.since > size)
          throw new Refusal('invalid_request', `The log has ${String(size)} entries, fewer than since.`);
        const report = await audit(scope);
        return { body: showReport(logId, report), headers: { 'Cache-Control': 'no-store' } };
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/audits',
      operationId: 'listLedgerAudits',
      summary: 'What the scheduled audits found, newest first',
      query: none,
      response: auditsView,
      refuses: [],
      handle: async () => {
        const data = (await listAudits(database.knex, logId, SHOWN_AUDITS)).map((one) => ({
          mode: one.mode,
          ok: one.ok,
          size: one.size,
          root: one.root.toString('base64'),
          audited_at: one.auditedAt.toISOString(),
          full_at: one.fullAt.toISOString(),
          report: one.report,
        }));
        return { body: { origin: logId, data } };
      },
    }),
    defineRoute({
      ...common,
      path: '/ledger/policy',
      operationId: 'getLedgerPolicy',
      summary: 'The keys and the quorum a verifier should ask for (C2SP tlog-policy)',
      query: none,
      response: policyView,
      media: ['text/plain'],
      refuses: [],
      handle: async () => {
        const keys = await listKeys(database.knex);
        const vkeys = keys.flatMap(({ logId: log, vkey }) => (log === logId && vkey !== null ? [vkey] : []));
        const content = policyText(vkeys, await findPolicy(database.knex, logId));
        const headers = { 'Cache-Control': 'public, max-age=300' };
        return { media: 'text/plain; charset=utf-8', content, headers };
      },
    }),
  ];
}

function scopeOf({ scope, since }: VerifyQuery): AuditScope {
  if (since === undefined) return scope ?? 'full';
  if (scope !== undefined) throw new Refusal('invalid_request', 'Send scope or since, not both.');
  return { since };
}

/** Whoever asks for the same verification while it runs gets the same answer: the public can't pile up work. */
function sharing(audit: (scope: AuditScope) => Promise<LedgerReport>): (scope: AuditScope) => Promise<LedgerReport> {
  const running = new Map<string, Promise<LedgerReport>>();
  return (scope) => {
    const key = typeof scope === 'object' ? 'since' + String(scope.since) : scope;
    const present = running.get(key);
    if (present) return present;
    const started = audit(scope).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
