import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { Rule } from '../flight-sheets/schema.js';
import type { RuleResult } from './engine.js';
import { AuditInputsRow, AuditRow, CheckRow } from './model.js';
import type { CheckOutcome } from './rules.js';

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
/** One person's standing answer to a rule. */
export interface Grading {
  readonly by: string;
  readonly at: string;
  readonly status: 'pass' | 'flag';
  readonly response: boolean | number | string;
  readonly reason: string | null;
}
/** A flag that people accepted for a time. It counts once enough of them have. */
export interface Waiver {
  readonly accepted: readonly { readonly by: string; readonly reason: string; readonly at: string }[];
  readonly needed: number;
  readonly expires_at: string;
}
export interface Check extends CheckOutcome {
  readonly id: string;
  readonly runId: string;
  readonly auditId: string;
  readonly ruleId: string;
  readonly rule: Rule;
  readonly kind: 'auto' | 'human' | 'dual';
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
  readonly difference: string | null;
  readonly pointers: readonly string[];
  /** What the engine found by itself: of a dual rule, the half that a person cannot grade away. */
  readonly engineStatus: string | null;
  /** The standing grade of each person. */
  readonly grades: readonly Grading[];
  readonly waiver: Waiver | null;
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

/**
 * Writes the results of an audit that is still running, and the inputs they came from: automatic ones as found, human
 * rules as open challenges. Safe to repeat: unique indexes turn a second writing into nothing.
 */
export async function finishAudit(
  tenant: Tenant,
  audit: Audit,
  outcome: {
    rules: readonly Rule[];
    results: readonly RuleResult[];
    inputs: string;
    inputsDigest: string;
    replayDigest: string;
  },
): Promise<readonly Check[]> {
  const results = new Map(outcome.results.map((result) => [result.rule_id, result]));
  const rows = outcome.rules.map((rule, position) =>
    checkRow(tenant.orgId, audit, rule, position, results.get(rule.id)),
  );
  if (rows.length > 0) await CheckRow.query(tenant.trx).insert(rows).onConflict(['audit_id', 'rule_id']).ignore();
  const { inputs, inputsDigest, replayDigest } = outcome;
  await AuditInputsRow.query(tenant.trx)
    .insert({ auditId: audit.id, orgId: tenant.orgId, inputs })
    .onConflict('audit_id')
    .ignore();
  const state = rows.some(({ status, kind }) => status === 'open' && kind !== 'auto') ? 'awaiting_human' : 'complete';
  await AuditRow.query(tenant.trx)
    .where({ id: audit.id, orgId: tenant.orgId, state: 'running' })
    .patch({ state, inputsDigest, replayDigest, finishedAt: raw('now()') });
  return listChecks(tenant, [audit.id]);
}

/** The inputs an audit was made on, as they were kept: canonical JSON without the texts of the evidence. */
export async function findInputs(tenant: Tenant, auditId: string): Promise<string | undefined> {
  return (await AuditInputsRow.query(tenant.trx).findOne({ auditId, orgId: tenant.orgId }))?.inputs;
}

function checkRow(
  orgId: string,
  { id, runId }: Audit,
  rule: Rule,
  position: number,
  result: RuleResult | undefined,
): Partial<CheckRow> {
  const common = { id: newId('check'), orgId, runId, auditId: id, position, ruleId: rule.id, rule, previous: [] };
  const waits = { ...common, kind: rule.kind, status: 'open', severity: rule.severity, evidenceIds: [] } as const;
  if (!result) {
    if (rule.kind !== 'human') throw new Error(`checkRow: no result for ${rule.id}`);
    return { ...waits, detail: 'Waits for a person.' };
  }
  const { status, severity = rule.severity, observed, expected, difference, detail, pointers, evidence_ids } = result;
  const found = { ...waits, severity, observed, expected, difference, detail, pointers, evidenceIds: evidence_ids };
  if (rule.kind === 'dual' && status === 'pass')
    return { ...found, engineStatus: status, detail: `The engine: ${detail} Waits for a person.` };
  // A closing rule waits for people but is no question to one: it shows as skipped until the last answer is in.
  return { ...found, status: status === 'open' ? 'skip' : status, engineStatus: status };
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

/** Who graded checks that still count, by run: each person once. */
export async function listGraders(
  tenant: Tenant,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await CheckRow.query(tenant.trx)
    .join('audits', 'audits.id', 'checks.auditId')
    .where({ 'checks.orgId': tenant.orgId })
    .whereIn('checks.runId', [...runIds])
    .whereNot({ 'audits.state': 'stale' })
    .whereNotNull('checks.gradedBy')
    .select('checks.runId', 'checks.gradedBy', 'checks.grades');
  const graders = new Map<string, Set<string>>();
  for (const { runId, gradedBy, grades } of rows) {
    const own = graders.get(runId) ?? new Set();
    for (const id of [gradedBy, ...grades.map(({ by }) => by)]) if (id !== null) own.add(id);
    graders.set(runId, own);
  }
  return new Map([...graders].map(([runId, ids]) => [runId, [...ids]]));
}

export async function findCheck(tenant: Tenant, runId: string, id: string): Promise<Check | undefined> {
  return CheckRow.query(tenant.trx).findOne({ id, runId, orgId: tenant.orgId });
}

/** What a command changes of a check. */
export type CheckChange = Partial<
  Pick<
    Check,
    | 'status'
    | 'severity'
    | 'observed'
    | 'expected'
    | 'difference'
    | 'detail'
    | 'pointers'
    | 'response'
    | 'gradeReason'
    | 'evidenceIds'
    | 'gradedBy'
    | 'grades'
    | 'waiver'
    | 'previous'
  >
>;

/** Changes a check. The version in the WHERE makes a write from a stale read impossible. */
export async function changeCheck(
  tenant: Tenant,
  check: Check,
  change: CheckChange,
  stamp: { graded: boolean },
): Promise<Check> {
  const rows = await CheckRow.query(tenant.trx)
    .where({ id: check.id, orgId: tenant.orgId, version: check.version })
    .patch({ ...change, ...(stamp.graded ? { gradedAt: raw('now()') } : {}), version: check.version + 1 })
    .returning('*');
  const row = rows[0];
  if (!row) throw new Error(`changeCheck: ${check.id} is no longer at version ${String(check.version)}`);
  return row;
}

export async function completeAudit(tenant: Tenant, id: string): Promise<void> {
  await AuditRow.query(tenant.trx)
    .where({ id, orgId: tenant.orgId, state: 'awaiting_human' })
    .patch({ state: 'complete' });
}
