import { raw, type QueryBuilder } from 'objection';
import type { Verdict } from '../checks/rules.js';
import type { System, Tenant } from '../db/database.js';
import type { FlightSheet, FourEyes } from '../flight-sheets/schema.js';
import type { PageQuery } from '../http/paging.js';
import { RunRow } from './model.js';
import type { RunState } from './rules.js';

export interface StoredVerdict extends Verdict {
  readonly digest: string;
}
export interface Run {
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly title: string;
  readonly lane: FlightSheet['lane'];
  readonly flightSheetSlug: string;
  readonly flightSheetVersion: string;
  readonly flightSheetDigest: string;
  /** The copy the run was opened with; a later version of the sheet does not touch it. */
  readonly flightSheet: FlightSheet;
  readonly assignment: string | null;
  readonly assignmentSha256: string | null;
  readonly inputs: Record<string, unknown>;
  readonly fourEyes: FourEyes;
  readonly labels: Record<string, string>;
  readonly clientRef: string | null;
  readonly state: RunState;
  readonly version: number;
  readonly attempt: number;
  readonly evidenceRoot: string | null;
  readonly currentSubmissionId: string | null;
  readonly verdict: StoredVerdict | null;
  readonly verdictDigest: string | null;
  readonly receiptId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly reminders: number;
  /** When the first waiver of the present verdict ends. */
  readonly waiverUntil: Date | null;
  /** The agent that works on it, as it was when the run was opened. */
  readonly agentProfileId: string | null;
  readonly agentSnapshotDigest: string | null;
}
type NewRun = Omit<
  Run,
  | 'orgId'
  | 'version'
  | 'attempt'
  | 'evidenceRoot'
  | 'currentSubmissionId'
  | 'verdict'
  | 'verdictDigest'
  | 'receiptId'
  | 'createdAt'
  | 'updatedAt'
  | 'reminders'
  | 'waiverUntil'
>;
/** What a command may change of a run, besides its state. */
export type RunPatch = Partial<
  Pick<
    Run,
    'attempt' | 'evidenceRoot' | 'currentSubmissionId' | 'verdict' | 'verdictDigest' | 'receiptId' | 'waiverUntil'
  >
>;

const runs = (tenant: Tenant): QueryBuilder<RunRow, RunRow[]> =>
  RunRow.query(tenant.trx).where({ orgId: tenant.orgId });

/** Safe to repeat: a run that is there already is handed back as it is. */
export async function insertRun(tenant: Tenant, run: NewRun): Promise<Run> {
  await RunRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, ...run })
    .onConflict('id')
    .ignore();
  return runs(tenant).findById(run.id).throwIfNotFound();
}

export async function findRun(tenant: Tenant, id: string): Promise<Run | undefined> {
  return runs(tenant).findById(id);
}

/** The state alone, without the frozen sheet and what else makes a run large. */
export async function findRunState(tenant: Tenant, id: string): Promise<Pick<Run, 'state'> | undefined> {
  return runs(tenant).findById(id).select('state');
}

/** Reads a run for change: commands on one run pass one at a time from here to their commit. */
export async function lockRun(tenant: Tenant, id: string): Promise<Run | undefined> {
  return runs(tenant).findById(id).forUpdate();
}

/** Moves a locked run on. The version in the WHERE makes a write from a stale read impossible. */
export async function moveRun(tenant: Tenant, run: Run, state: RunState, patch: RunPatch): Promise<Run> {
  const moved = await runs(tenant)
    .where({ id: run.id, version: run.version })
    .patch({ ...patch, state, version: run.version + 1, reminders: 0, updatedAt: raw('now()') })
    .returning('*');
  const row = moved[0];
  if (!row) throw new Error(`moveRun: ${run.id} is no longer at version ${String(run.version)}`);
  return row;
}

/** Counts a reminder without touching the version: nothing about the run has changed. */
export async function countReminder(tenant: Tenant, run: Run): Promise<void> {
  await runs(tenant)
    .where({ id: run.id, reminders: run.reminders })
    .patch({ reminders: run.reminders + 1 });
}

export async function listRuns(
  tenant: Tenant,
  { limit, after }: PageQuery,
  filter: { readonly projectId: string | undefined; readonly state: RunState | undefined },
): Promise<readonly Run[]> {
  const query = runs(tenant);
  if (filter.projectId !== undefined) void query.where({ projectId: filter.projectId });
  if (filter.state !== undefined) void query.where({ state: filter.state });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** The runs of an organization that wait for a decision, newest first. */
export async function listAwaitingApproval(tenant: Tenant, { limit, after }: PageQuery): Promise<readonly Run[]> {
  const query = runs(tenant).whereIn('state', ['audited', 'escalated']);
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** Runs that are not over, of every organization, for the sweep that restarts their workflows. */
export async function listOpenRuns(
  system: System,
  afterId: string,
  limit: number,
): Promise<readonly { readonly id: string; readonly orgId: string }[]> {
  return RunRow.query(system.trx)
    .select('id', 'orgId')
    .whereNotIn('state', ['receipted', 'cancelled', 'superseded'])
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit);
}

/** The newest verdicts of an agent's runs, newest first: what its lanes are earned by. */
export async function listLaneVerdicts(
  tenant: Tenant,
  agentProfileId: string,
): Promise<readonly { readonly lane: string; readonly outcome: Verdict['outcome'] }[]> {
  const rows = await runs(tenant)
    .where({ agentProfileId })
    .whereNotNull('verdict')
    .orderBy('updatedAt', 'desc')
    .limit(100)
    .select('lane', 'verdict');
  return rows.flatMap(({ lane, verdict }) => (verdict ? [{ lane, outcome: verdict.outcome }] : []));
}
