import { raw } from 'objection';
import { z } from 'zod';
import type { System, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { RunnerRow } from './model.js';
import { LOST_LEASES_ALLOWED } from './rules.js';

export interface Runner {
  readonly id: string;
  readonly keyId: string;
  readonly name: string;
  readonly transport: 'http' | 'native';
  readonly labels: readonly string[];
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly lostLeases: number;
  readonly draining: boolean;
  readonly quarantinedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastSeenAt: Date;
}
/** Any scope may read and count runners: they belong to the platform. */
type Scope = Pick<System | Tenant, 'trx'>;

/** Registers a runner, or takes over what it says of itself now. Safe to repeat: one row per key and name. */
export async function registerRunner(
  system: System,
  runner: Pick<Runner, 'keyId' | 'name' | 'transport' | 'labels' | 'capabilities'>,
): Promise<Runner> {
  const { transport, capabilities } = runner;
  const labels = [...runner.labels];
  const rows = await RunnerRow.query(system.trx)
    .insert({ id: newId('runner'), ...runner, labels })
    .onConflict(['key_id', 'name'])
    .merge({ transport, labels, capabilities, lastSeenAt: raw('now()') })
    .returning('*');
  return rows;
}

export async function markSeen(scope: Scope, id: string): Promise<Runner> {
  const rows = await RunnerRow.query(scope.trx)
    .where({ id })
    .patch({ lastSeenAt: raw('now()') })
    .returning('*');
  const row = rows[0];
  if (!row) throw new Error(`markSeen: ${id} is not there`);
  return row;
}

/** Counts a lease that a runner let run out; the last one allowed puts it aside. In the transaction that ends the lease. */
export async function countLostLease(scope: Scope, id: string): Promise<void> {
  await RunnerRow.query(scope.trx)
    .where({ id })
    .patch({
      lostLeases: raw('lost_leases + 1'),
      quarantinedAt: raw(
        'case when lost_leases + 1 >= ? then coalesce(quarantined_at, now()) end',
        LOST_LEASES_ALLOWED,
      ),
    });
}

/** A report that was accepted clears the count. */
export async function clearLostLeases(scope: Scope, id: string): Promise<void> {
  await RunnerRow.query(scope.trx).where({ id }).where('lostLeases', '>', 0).patch({ lostLeases: 0 });
}

/** What an operator changes of a runner. */
export async function steerRunner(
  system: System,
  id: string,
  change: 'drain' | 'revoke' | 'restore',
): Promise<Runner | undefined> {
  const patch = {
    drain: { draining: true },
    revoke: { revokedAt: raw('coalesce(revoked_at, now())') },
    restore: { draining: false, quarantinedAt: null, lostLeases: 0 },
  }[change];
  const rows = await RunnerRow.query(system.trx).where({ id }).patch(patch).returning('*');
  return rows[0];
}

export async function listRunners(
  system: System,
): Promise<readonly { readonly runner: Runner; readonly liveLeases: number }[]> {
  const runners = await RunnerRow.query(system.trx).orderBy('id').limit(1000);
  const live = z
    .array(z.object({ runnerId: z.string(), count: z.number() }))
    .parse(
      await system
        .trx('cook_attempts')
        .where({ state: 'live' })
        .groupBy('runner_id')
        .select('runner_id', system.trx.raw('count(*)::int as count')),
    );
  const counts = new Map(live.map(({ runnerId, count }) => [runnerId, count]));
  return runners.map((runner) => ({ runner, liveLeases: counts.get(runner.id) ?? 0 }));
}

/** Memory of the largest runner of a capability that is not put aside; null while there is none. */
export async function findLargestVram(scope: Scope, capability: string): Promise<number | null> {
  const row = z.object({ rows: z.array(z.object({ largest: z.number().nullable() })) }).parse(
    await scope.trx.raw(
      `select max((capabilities->>'vram_gb')::float8 * greatest(1, (capabilities->>'gpu_count')::int)) as largest
       from runners where capabilities->'gpu' @> to_jsonb(?::text) and revoked_at is null and quarantined_at is null`,
      [capability],
    ),
  ).rows[0];
  return row?.largest ?? null;
}
