import { raw, type QueryBuilder } from 'objection';
import type { System, Tenant } from '../db/database.js';
import type { PageQuery } from '../http/paging.js';
import type { Lift, Measured } from './lift.js';
import { AttemptRow, CookEventRow, CookRow } from './model.js';
import type { CookState, FailureClass, OutcomeKind } from './rules.js';
import type { Recipe } from './schema.js';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}
export interface Failure {
  readonly class: FailureClass;
  readonly retryable: boolean;
  readonly message: string;
}
/** What a runner said of itself when it claimed: sealed in the receipt. */
export interface RunnerSnapshot {
  readonly name: string;
  readonly labels: readonly string[];
  readonly capabilities: Readonly<Record<string, unknown>>;
}
/** What a runner reported at the end of an attempt, once accepted. */
export interface AttemptOutcome {
  readonly kind: OutcomeKind;
  readonly measured?: Measured | undefined;
  readonly failure?: Failure | undefined;
  readonly runtime?: Readonly<Record<string, unknown>> | undefined;
  readonly logTail?: string | undefined;
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
export interface Attempt {
  readonly id: string;
  readonly orgId: string;
  readonly cookId: string;
  /** Also the fence: it only ever grows. */
  readonly attempt: number;
  readonly runnerId: string;
  readonly transport: 'http' | 'native';
  /** Sealed; null for a native runner, whose own worker holds the task. */
  readonly taskToken: Buffer | null;
  readonly state: 'live' | 'lost' | 'failed' | 'accepted';
  readonly runner: RunnerSnapshot;
  readonly claimedAt: Date;
  readonly startedAt: Date | null;
  readonly heartbeatAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly progress: Progress | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly checkpoint: unknown;
  readonly logBytes: number;
  readonly logChunks: number;
  readonly outcome: AttemptOutcome | null;
  readonly outcomeDigest: string | null;
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
const attempts = (tenant: Tenant): QueryBuilder<AttemptRow, AttemptRow[]> =>
  AttemptRow.query(tenant.trx).where({ orgId: tenant.orgId });

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

export async function insertAttempt(
  tenant: Tenant,
  attempt: Pick<Attempt, 'id' | 'cookId' | 'attempt' | 'runnerId' | 'transport' | 'taskToken' | 'runner'> & {
    readonly tokenHash: string;
    readonly leaseSeconds: number;
  },
): Promise<Attempt> {
  const { leaseSeconds, ...fields } = attempt;
  return AttemptRow.query(tenant.trx)
    .insert({
      orgId: tenant.orgId,
      state: 'live',
      ...fields,
      expiresAt: raw("now() + ? * interval '1 second'", leaseSeconds),
    })
    .returning('*');
}

export async function findAttempt(tenant: Tenant, id: string): Promise<Attempt | undefined> {
  return attempts(tenant).findById(id);
}

export async function listAttempts(tenant: Tenant, cookId: string): Promise<readonly Attempt[]> {
  return attempts(tenant).where({ cookId }).orderBy('attempt');
}

/** The attempt of a lease token, which is the right to see it. Inside its own organization only from here on. */
export async function findAttemptByToken(
  outsider: { readonly trx: Tenant['trx'] },
  tokenHash: string,
): Promise<Pick<Attempt, 'id' | 'orgId' | 'cookId'> | undefined> {
  return AttemptRow.query(outsider.trx).findOne({ tokenHash }).select('id', 'orgId', 'cookId');
}

/** Whether a lease has run out, by the clock of Postgres alone. */
export async function isExpired(tenant: Tenant, id: string): Promise<boolean> {
  return (await attempts(tenant).where({ id }).whereRaw('expires_at <= now()').select('id').first()) !== undefined;
}

/** A heartbeat: the lease is longer, and what the runner told of itself is kept. */
export async function extendAttempt(
  tenant: Tenant,
  id: string,
  leaseSeconds: number,
  told: Partial<Pick<Attempt, 'progress' | 'metrics' | 'checkpoint'>>,
): Promise<Attempt> {
  const rows = await attempts(tenant)
    .where({ id })
    .patch({
      ...told,
      heartbeatAt: raw('now()'),
      startedAt: raw('coalesce(started_at, now())'),
      expiresAt: raw("now() + ? * interval '1 second'", leaseSeconds),
    })
    .returning('*');
  const row = rows[0];
  if (!row) throw new Error(`extendAttempt: ${id} is not there`);
  return row;
}

export async function endAttempt(
  tenant: Tenant,
  id: string,
  end: Pick<Attempt, 'state'> & Partial<Pick<Attempt, 'outcome' | 'outcomeDigest'>>,
): Promise<void> {
  await attempts(tenant)
    .where({ id })
    .patch({ ...end, endedAt: raw('now()') });
}

export async function markDelivered(tenant: Tenant, id: string): Promise<void> {
  await attempts(tenant)
    .where({ id })
    .patch({ deliveredAt: raw('now()') });
}

/** Leases of every organization that ran out, or were claimed and never started. */
export async function listStaleAttempts(
  system: System,
  startSeconds: number,
): Promise<readonly Pick<Attempt, 'id' | 'orgId' | 'cookId' | 'taskToken' | 'startedAt'>[]> {
  return AttemptRow.query(system.trx)
    .where({ state: 'live' })
    .whereRaw(`(expires_at <= now() or (started_at is null and claimed_at <= now() - ? * interval '1 second'))`, [
      startSeconds,
    ])
    .limit(500);
}

/** Reports that were accepted and that Temporal may not have heard of. */
export async function listUndelivered(system: System): Promise<readonly Attempt[]> {
  return AttemptRow.query(system.trx)
    .whereNull('deliveredAt')
    .whereNotNull('outcomeDigest')
    .whereRaw(`ended_at < now() - interval '5 seconds'`)
    .limit(500);
}
