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
  /** Since when it waits for a runner, or last did. */
  readonly queuedAt: Date;
  /** When it must be over; null when the recipe names no time. */
  readonly deadlineAt: Date | null;
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
  | 'deadlineAt'
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
    | 'queuedAt'
  > & { readonly lookAt: Date }
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

/** Whether a cook is there, whoever owns it. */
export async function findAnyCook(
  system: System,
  id: string,
): Promise<{ readonly orgId: string; readonly state: CookState } | undefined> {
  return CookRow.query(system.trx).findById(id).select('orgId', 'state');
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
