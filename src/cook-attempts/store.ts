import { raw, type QueryBuilder } from 'objection';
import type { Measured } from '../cooks/lift.js';
import type { OutcomeKind } from '../cooks/rules.js';
import type { Failure } from '../cooks/store.js';
import type { System, Tenant } from '../db/database.js';
import { AttemptRow } from './model.js';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
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
const attempts = (tenant: Tenant): QueryBuilder<AttemptRow, AttemptRow[]> =>
  AttemptRow.query(tenant.trx).where({ orgId: tenant.orgId });

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

/** The newest checkpoint that any attempt of a cook has left. */
export async function findCheckpoint(tenant: Tenant, cookId: string): Promise<unknown> {
  const row = await attempts(tenant).where({ cookId }).whereNotNull('checkpoint').orderBy('attempt', 'desc').first();
  return row?.checkpoint ?? null;
}

/** Where the log of an attempt goes on. Only under the lock of its cook. */
export async function moveLogEnd(
  tenant: Tenant,
  { id, logBytes, logChunks }: Pick<Attempt, 'id' | 'logBytes' | 'logChunks'>,
): Promise<void> {
  await attempts(tenant).where({ id }).patch({ logBytes, logChunks });
}
