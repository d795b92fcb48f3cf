import { z } from 'zod';
import type { System } from '../db/database.js';
import { CookRow } from './model.js';
import { cookStates, type CookState } from './rules.js';
import type { Cook } from './store.js';

/** How long a kind of runner may be missing while cooks wait for it. */
export interface Patience {
  readonly seconds: number;
  /** A capability's own time, where it has one. */
  readonly byCapability: Readonly<Record<string, number>>;
}
/** The cook that has waited longest for a kind of runner that nobody has seen. */
export interface Starving {
  readonly orgId: string;
  readonly cookId: string;
  readonly runId: string;
  readonly queue: string;
  readonly queuedAt: Date;
}

const open = `state not in ('completed', 'failed', 'cancelled', 'expired')`;

/**
 * Cooks whose workflow is looked after now, of every organization: marked in the same statement, so that the sweep comes
 * back to each after a while and not at every turn. SKIP LOCKED leaves those alone that somebody is at.
 */
export async function takeUnattended(system: System, limit: number, againSeconds: number): Promise<readonly Cook[]> {
  return CookRow.query(system.trx)
    .whereIn(
      'id',
      system
        .trx('cooks')
        .whereRaw(`look_at <= now() and ${open}`)
        .orderBy('look_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .select('id'),
    )
    .patch({ lookAt: system.trx.raw("now() + ? * interval '1 second'", [againSeconds]) })
    .returning('*');
}

/** Cooks that wait and have no time left: in the queue, or at all. */
export async function listOverdue(system: System, queueSeconds: number): Promise<readonly string[]> {
  const rows = await CookRow.query(system.trx)
    .where({ state: 'queued' })
    .whereRaw(`(queued_at <= now() - ? * interval '1 second' or deadline_at <= now())`, [queueSeconds])
    .limit(500)
    .select('id');
  return rows.map(({ id }) => id);
}

const starving = z.object({
  rows: z.array(
    z.object({ org_id: z.string(), id: z.string(), run_id: z.string(), queue: z.string(), queued_at: z.date() }),
  ),
});

/** One cook for each organization and queue that waits in vain and has no open incident about it yet. */
export async function listStarving(
  system: System,
  { seconds, byCapability }: Patience,
  silentMs: number,
): Promise<readonly Starving[]> {
  const { rows } = starving.parse(
    await system.trx.raw(
      `select distinct on (c.org_id, c.queue) c.org_id, c.id, c.run_id, c.queue, c.queued_at from cooks c
       where c.state = 'queued'
         and c.queued_at <= now() - coalesce((:own::jsonb ->> c.capability)::float8, :seconds) * interval '1 second'
         and not exists (select 1 from runners r where r.revoked_at is null and r.quarantined_at is null and not r.draining
           and r.last_seen_at > now() - :silent * interval '1 millisecond' and c.labels <@ r.labels
           and jsonb_exists_any(r.capabilities -> 'gpu', string_to_array(c.capability, '+')))
         and not exists (select 1 from incidents i where i.org_id = c.org_id and i.dedup_key = 'no_runner:' || c.queue
           and i.state not in ('resolved', 'closed', 'cancelled'))
         and not exists (select 1 from incident_events e where e.org_id = c.org_id and e.source_key = 'no_runner:' || c.id)
       order by c.org_id, c.queue, c.queued_at limit 100`,
      { own: JSON.stringify(byCapability), seconds, silent: silentMs },
    ),
  );
  return rows.map(({ org_id: orgId, id: cookId, run_id: runId, queue, queued_at: queuedAt }) => ({
    ...{ orgId, cookId, runId, queue, queuedAt },
  }));
}

const counted = z.array(
  z.object({ queue: z.string(), state: z.enum(cookStates), count: z.number(), oldest: z.date() }),
);

/** How many cooks wait or run, by queue, with the age of the oldest that waits. */
export async function countQueues(
  system: System,
): Promise<
  readonly { readonly queue: string; readonly state: CookState; readonly count: number; readonly oldest: Date }[]
> {
  const rows: unknown = await system
    .trx('cooks')
    .whereRaw(open)
    .groupBy('queue', 'state')
    .orderBy(['queue', 'state'])
    .select('queue', 'state', system.trx.raw('count(*)::int as count'), system.trx.raw('min(created_at) as oldest'));
  return counted.parse(rows);
}

/** The queue with the most urgent cook that a runner of these capabilities and labels may take: a hint where to poll. */
export async function findWaitingQueue(
  system: System,
  capabilities: readonly string[],
  labels: readonly string[],
): Promise<string | undefined> {
  const row = await CookRow.query(system.trx)
    .where({ state: 'queued' })
    .whereRaw(`string_to_array(capability, '+') && ?::text[]`, [[...capabilities]])
    .whereRaw('labels <@ ?::text[]', [[...labels]])
    .orderBy([{ column: 'priority', order: 'desc' }, { column: 'createdAt' }])
    .select('queue')
    .first();
  return row?.queue;
}

/** Asks the cooks that a runner has at hand for a checkpoint. Safe to repeat: a wish that stands is left. */
export async function askRunnerForCheckpoints(system: System, runnerId: string): Promise<void> {
  await CookRow.query(system.trx)
    .whereIn('id', system.trx('cook_attempts').where({ runnerId, state: 'live' }).select('cookId'))
    .whereNull('checkpointRequestedAt')
    .patch({ checkpointRequestedAt: system.trx.raw('now()') });
}
