import { createHash } from 'node:crypto';
import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { Rule } from '../flight-sheets/schema.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import type { RuleResult } from './engine.js';
import { AuditRow, CheckRow } from './model.js';
import { verdictOf, type CheckOutcome, type Verdict } from './rules.js';

export interface Audit {
  readonly id: string;
  readonly runId: string;
  readonly attempt: number;
  readonly kind: 'flight_sheet' | 'core';
  readonly state: AuditRow['state'];
  readonly sheetDigest: string;
  readonly engineVersion: string;
  readonly inputsDigest: string | null;
  readonly replayDigest: string | null;
  /** The engine's clock: the time the audit began, by the database. */
  readonly clock: Date;
  readonly finishedAt: Date | null;
}
export interface EarlierGrade {
  readonly status: string;
  readonly response: boolean | number | string | null;
  readonly graded_by: string | null;
  readonly graded_at: string | null;
}
export interface Check extends CheckOutcome {
  readonly id: string;
  readonly runId: string;
  readonly auditId: string;
  readonly ruleId: string;
  readonly rule: Rule;
  readonly kind: 'auto' | 'human';
  readonly observed: string | null;
  readonly expected: string | null;
  readonly detail: string;
  readonly evidenceIds: readonly string[];
  readonly response: { readonly value: boolean | number | string } | null;
  readonly gradedBy: string | null;
  readonly gradedAt: Date | null;
  readonly gradeReason: string | null;
  readonly previous: readonly EarlierGrade[];
  readonly version: number;
}

/** Safe to repeat: the id was drawn with the command, and the first insert's clock stays. */
export async function beginAudit(
  tenant: Tenant,
  audit: {
    id: string;
    runId: string;
    attempt: number;
    kind: Audit['kind'];
    commandId: string;
    sheetDigest: string;
    engineVersion: string;
    triggeredBy: string;
  },
): Promise<Audit> {
  await AuditRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...audit, state: 'running', clock: raw('now()') })
    .onConflict('id')
    .ignore();
  return AuditRow.query(tenant.trx).findOne({ id: audit.id, orgId: tenant.orgId }).throwIfNotFound();
}

/** Writes the results of an audit that is still running: automatic ones as found, human rules as open challenges. */
export async function finishAudit(
  tenant: Tenant,
  audit: Audit,
  outcome: { rules: readonly Rule[]; results: readonly RuleResult[]; inputsDigest: string; replayDigest: string },
): Promise<readonly Check[]> {
  const results = new Map(outcome.results.map((result) => [result.rule_id, result]));
  const rows = outcome.rules.map((rule, position) =>
    checkRow(tenant.orgId, audit, rule, position, results.get(rule.id)),
  );
  if (rows.length > 0) await CheckRow.query(tenant.trx).insert(rows).onConflict(['audit_id', 'rule_id']).ignore();
  const state = rows.some(({ status }) => status === 'open') ? 'awaiting_human' : 'complete';
  const { inputsDigest, replayDigest } = outcome;
  await AuditRow.query(tenant.trx)
    .where({ id: audit.id, orgId: tenant.orgId, state: 'running' })
    .patch({ state, inputsDigest, replayDigest, finishedAt: raw('now()') });
  return listChecks(tenant, [audit.id]);
}

function checkRow(
  orgId: string,
  { id, runId }: Audit,
  rule: Rule,
  position: number,
  result: RuleResult | undefined,
): Partial<CheckRow> {
  const common = { id: newId('check'), orgId, runId, auditId: id, position, ruleId: rule.id, rule, previous: [] };
  if (rule.kind === 'human') {
    return {
      ...common,
      kind: 'human',
      status: 'open',
      severity: rule.severity,
      detail: 'Waits for a person.',
      evidenceIds: [],
    };
  }
  if (!result) throw new Error(`checkRow: no result for ${rule.id}`);
  const { status, severity = rule.severity, observed, expected, detail, evidence_ids } = result;
  return { ...common, kind: 'auto', status, severity, observed, expected, detail, evidenceIds: evidence_ids };
}

/** Marks the audits of earlier inputs, so that nobody grades or decides on them. */
export async function staleAudits(
  tenant: Tenant,
  runId: string,
  except?: { id: string; kind: Audit['kind'] },
): Promise<void> {
  const query = AuditRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).whereNot({ state: 'stale' });
  if (except) void query.where({ kind: except.kind }).whereNot({ id: except.id });
  await query.patch({ state: 'stale' });
}

/** The audits of a run that still speak for its present inputs: at most one per kind. */
export async function listLiveAudits(tenant: Tenant, runId: string): Promise<readonly Audit[]> {
  return AuditRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).whereNot({ state: 'stale' }).orderBy('clock');
}

export async function findAudit(tenant: Tenant, id: string): Promise<Audit | undefined> {
  return AuditRow.query(tenant.trx).findOne({ id, orgId: tenant.orgId });
}

export async function listAudits(tenant: Tenant, runId: string): Promise<readonly Audit[]> {
  return AuditRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).orderBy('clock', 'desc').limit(50);
}

export async function listChecks(tenant: Tenant, auditIds: readonly string[]): Promise<readonly Check[]> {
  return CheckRow.query(tenant.trx)
    .where({ orgId: tenant.orgId })
    .whereIn('auditId', [...auditIds])
    .orderBy(['auditId', 'position']);
}

export async function findCheck(tenant: Tenant, runId: string, id: string): Promise<Check | undefined> {
  return CheckRow.query(tenant.trx).findOne({ id, runId, orgId: tenant.orgId });
}

/** Writes a grade; the one before it moves to the history. */
export async function gradeCheck(
  tenant: Tenant,
  check: Check,
  grade: {
    status: 'pass' | 'flag';
    response: boolean | number | string;
    reason: string | null;
    evidenceIds: readonly string[];
    gradedBy: string;
  },
): Promise<Check> {
  const { status, response, reason, evidenceIds, gradedBy } = grade;
  const earlier: EarlierGrade = {
    status: check.status,
    response: check.response?.value ?? null,
    graded_by: check.gradedBy,
    graded_at: check.gradedAt?.toISOString() ?? null,
  };
  const rows = await CheckRow.query(tenant.trx)
    .where({ id: check.id, orgId: tenant.orgId, version: check.version })
    .patch({
      status,
      response: { value: response },
      gradeReason: reason,
      evidenceIds,
      gradedBy,
      gradedAt: raw('now()'),
      detail: reason ?? 'Graded by a person.',
      version: check.version + 1,
      previous: check.gradedBy === null ? check.previous : [...check.previous, earlier],
    })
    .returning('*');
  const row = rows[0];
  if (!row) throw new Error(`gradeCheck: ${check.id} is no longer at version ${String(check.version)}`);
  return row;
}

export async function completeAudit(tenant: Tenant, id: string): Promise<void> {
  await AuditRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId, state: 'awaiting_human' })
    .patch({ state: 'complete' });
}

/** The verdict over every live check of a run, with the digest that approvals are bound to. */
export async function computeVerdict(
  tenant: Tenant,
  runId: string,
): Promise<{ verdict: Verdict; digest: string; checks: readonly Check[] }> {
  const audits = await listLiveAudits(tenant, runId);
  const checks = await listChecks(
    tenant,
    audits.map(({ id }) => id),
  );
  const verdict = verdictOf(checks);
  const graded = checks.map(({ id, ruleId, status, severity, response }) => ({
    id,
    rule_id: ruleId,
    status,
    severity,
    response: response?.value ?? null,
  }));
  const basis = {
    verdict,
    audits: audits.map(({ id, replayDigest }) => ({ id, replay_digest: replayDigest })),
    checks: graded,
  };
  return { verdict, digest: createHash('sha256').update(canonicalJson(basis)).digest('hex'), checks };
}
