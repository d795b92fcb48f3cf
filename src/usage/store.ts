import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import type { UsageKind } from './rules.js';
import { usageKinds } from './rules.js';

/** Parallel writers of one organization seldom wait for each other's row: each takes one of these at random. */
const SHARDS = 16;

/**
 * Adds to this month's counter in the transaction of what is counted, so that the count is exact whatever runs twice
 * or crashes: an effect that did not commit was not counted, and one that did was counted once.
 */
export async function countUsage(tenant: Tenant, kind: UsageKind, amount = 1): Promise<void> {
  await tenant.trx.raw(
    `insert into usage_counters (org_id, month, kind, shard, amount)
     values (?, date_trunc('month', now() at time zone 'utc'), ?, ?, ?)
     on conflict (org_id, month, kind, shard) do update set amount = usage_counters.amount + excluded.amount`,
    [tenant.orgId, kind, randomInt(SHARDS), amount],
  );
}

export interface MonthOfUsage {
  /** YYYY-MM */
  readonly month: string;
  readonly counts: Readonly<Record<UsageKind, number>>;
}
const rowsSchema = z.array(z.object({ month: z.string(), kind: z.enum(usageKinds), amount: z.number() }));

/** The counters of months from one to another (YYYY-MM, both included), newest first; months without use are left out. */
export async function readUsage(tenant: Tenant, from: string, to: string): Promise<readonly MonthOfUsage[]> {
  const rows = rowsSchema.parse(
    await tenant
      .trx('usage_counters')
      .where({ orgId: tenant.orgId })
      .whereRaw(`month between (? || '-01')::date and (? || '-01')::date`, [from, to])
      .groupBy('month', 'kind')
      .orderBy('month', 'desc')
      .select(
        tenant.trx.raw(`to_char(month, 'YYYY-MM') as month`),
        'kind',
        tenant.trx.raw('sum(amount)::bigint as amount'),
      ),
  );
  return [...new Set(rows.map(({ month }) => month))].map((month) => ({
    month,
    counts: {
      ...emptyCounts(),
      ...Object.fromEntries(rows.filter((row) => row.month === month).map(({ kind, amount }) => [kind, amount])),
    },
  }));
}

const emptyCounts = (): Record<UsageKind, number> => ({
  runs: 0,
  evidence_bytes: 0,
  receipts: 0,
  cooks: 0,
  downloads: 0,
  api_calls: 0,
});
