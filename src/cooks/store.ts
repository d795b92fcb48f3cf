import type { QueryBuilder } from 'objection';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import type { Lift } from './lift.js';
import { CookEventRow, CookRow } from './model.js';
import type { CookState, FailureClass } from './rules.js';
import type { Recipe } from './schema.js';

export interface Failure {
  readonly class: FailureClass;
  readonly retryable: boolean;
  readonly message: string;
}
export interface Cook {
  readonly id: string;
  readonly orgId: string;
  readonly runId: string;
  readonly recipe: Recipe;
  readonly recipeSha256: string;
  readonly capability: string;
  readonly labels: readonly string[];
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly state: CookState;
  readonly attempt: number;
  readonly currentAttemptId: string | null;
  readonly outcomeAttemptId: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly checkpointRequestedAt: Date | null;
  readonly failure: Failure | null;
  readonly lift: Lift | null;
  readonly receiptId: string | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}
export interface CookEvent {
  readonly id: number;
  readonly attempt: number | null;
  readonly kind: string;
  readonly data: unknown;
  readonly at: Date;
}
type NewCook = Pick<
  Cook,
  | 'id'
  | 'runId'
  | 'recipe'
  | 'recipeSha256'
  | 'capability'
  | 'labels'
  | 'queue'
  | 'priority'
  | 'maxAttempts'
  | 'requestedBy'
>;
type CookPatch = Partial<
  Pick<
    Cook,
    | 'state'
    | 'attempt'
    | 'currentAttemptId'
    | 'outcomeAttemptId'
    | 'cancelRequestedAt'
    | 'checkpointRequestedAt'
    | 'failure'
    | 'lift'
    | 'receiptId'
    | 'startedAt'
    | 'finishedAt'
  >
>;

const cooks = (tenant: Tenant): QueryBuilder<CookRow, CookRow[]> =>
  CookRow.query(tenant.trx).where({ orgId: tenant.orgId });
/** Safe to repeat: a cook that is there already is handed back as it is. */
export async function insertCook(tenant: Tenant, cook: NewCook): Promise<Cook> {
  await CookRow.query(tenant.trx)
    .insert({ orgId: tenant.orgId, state: 'queued', ...cook, labels: [...cook.labels] })
    .onConflict('id')
    .ignore();
  return cooks(tenant).findById(cook.id).throwIfNotFound();
}

export async function findCook(tenant: Tenant, id: string): Promise<Cook | undefined> {
  return cooks(tenant).findById(id);
}

/** Reads a cook for change: everything that happens to one cook passes one at a time from here to its commit. */
export async function lockCook(tenant: Tenant, id: string): Promise<Cook | undefined> {
  return cooks(tenant).findById(id).forUpdate();
}

/** Changes a locked cook. Safe to retry: the caller has looked at the locked row first. */
export async function patchCook(tenant: Tenant, id: string, patch: CookPatch): Promise<Cook> {
  const rows = await cooks(tenant).where({ id }).patch(patch).returning('*');
  const row = rows[0];
  if (!row) throw new Error(`patchCook: ${id} is not there`);
  return row;
}

export async function listCooks(
  tenant: Tenant,
  { limit, after }: PageQuery,
  filter: { readonly runId: string | undefined; readonly state: CookState | undefined },
): Promise<readonly Cook[]> {
  const query = cooks(tenant);
  if (filter.runId !== undefined) void query.where({ runId: filter.runId });
  if (filter.state !== undefined) void query.where({ state: filter.state });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

export async function listCookIds(tenant: Tenant, runId: string): Promise<readonly string[]> {
  return (await cooks(tenant).where({ runId }).select('id').orderBy('id')).map(({ id }) => id);
}

/** Cooks that are not over, of every organization, for the sweep that restarts their workflows. */
export async function listOpenCooks(system: System, afterId: string, limit: number): Promise<readonly Cook[]> {
  return CookRow.query(system.trx)
    .whereNotIn('state', ['completed', 'failed', 'cancelled', 'expired'])
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit);
}

/** Whether a cook is there, whoever owns it. */
export async function findAnyCook(
  system: System,
  id: string,
): Promise<{ readonly orgId: string; readonly state: CookState } | undefined> {
  return CookRow.query(system.trx).findById(id).select('orgId', 'state');
}

/** How many cooks wait or run, by queue, with the age of the oldest that waits. */
export async function countQueues(
  system: System,
): Promise<
  readonly { readonly queue: string; readonly state: CookState; readonly count: number; readonly oldest: Date }[]
> {
  return system
    .trx('cooks')
    .whereNotIn('state', ['completed', 'failed', 'cancelled', 'expired'])
    .groupBy('queue', 'state')
    .orderBy(['queue', 'state'])
    .select('queue', 'state', system.trx.raw('count(*)::int as count'), system.trx.raw('min(created_at) as oldest'));
}

/** The queue with the most urgent cook that a runner of these capabilities and labels may take: a hint where to poll. */
export async function findWaitingQueue(
  system: System,
  capabilities: readonly string[],
  labels: readonly string[],
): Promise<string | undefined> {
  const row = await CookRow.query(system.trx)
    .where({ state: 'queued' })
    .whereIn('capability', [...capabilities])
    .whereRaw('labels <@ ?::text[]', [[...labels]])
    .orderBy([{ column: 'priority', order: 'desc' }, { column: 'createdAt' }])
    .select('queue')
    .first();
  return row?.queue;
}

/** Appends to a cook's story and wakes who listens, at the commit. Ids grow in commit order: the cook is locked. */
export async function tellCook(
  tenant: Tenant,
  cookId: string,
  event: { readonly kind: string; readonly attempt?: number; readonly data?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { kind, attempt = null, data = {} } = event;
  await CookEventRow.query(tenant.trx).insert({ orgId: tenant.orgId, cookId, kind, attempt, data });
  await tenant.trx.raw(`select pg_notify('cooks', ?)`, [cookId]);
}

export async function listCookEvents(
  tenant: Tenant,
  cookId: string,
  afterId: number,
  limit: number,
): Promise<readonly CookEvent[]> {
  return CookEventRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, cookId })
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit);
}
