import type { Knex } from 'knex';
import { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';

/** What an open critical incident stands in the way of: runs and agents, in the scope of one transaction. */
interface Frozen {
  readonly orgId: string;
  readonly incidentId: string;
  readonly subjectId: string;
}
const found = z.array(z.object({ incidentId: z.string() }));

/** The open critical incidents that freeze any of the given runs and agents. */
export async function listFreezing(tenant: Tenant, subjects: readonly string[]): Promise<readonly string[]> {
  const rows: unknown = await tenant
    .trx('incident_freezes')
    .where({ orgId: tenant.orgId })
    .whereIn('subjectId', [...subjects])
    .whereNull('untilAt')
    .distinct('incidentId')
    .orderBy('incidentId');
  return found.parse(rows).map(({ incidentId }) => incidentId);
}

/**
 * Refuses what an open critical incident of a run or its agent forbids at a time. The caller holds the run's lock; the
 * agent's row is locked too, so that an incident opened at the same time is either seen here or comes after.
 */
export async function requireThawed(
  tenant: Tenant,
  { id, agentProfileId }: { readonly id: string; readonly agentProfileId: string | null },
  at: Date,
): Promise<void> {
  if (agentProfileId !== null)
    await tenant.trx('agent_profiles').where({ orgId: tenant.orgId, id: agentProfileId }).forShare().select('id');
  const rows: unknown = await tenant
    .trx('incident_freezes')
    .where({ orgId: tenant.orgId })
    .whereIn('subjectId', agentProfileId === null ? [id] : [id, agentProfileId])
    .where((either) => {
      void either.whereNull('untilAt').orWhere('untilAt', '>', at);
    })
    .distinct('incidentId')
    .orderBy('incidentId');
  const open = found.parse(rows);
  if (open.length === 0) return;
  const errors = open.map(({ incidentId }) => ({
    path: `/incidents/${incidentId}`,
    code: 'open_incident',
    message: 'is critical and open',
  }));
  throw new Refusal('incident_open', `Frozen by ${open.map(({ incidentId }) => incidentId).join(', ')}.`, { errors });
}

/**
 * Freezes runs and agents. Their rows are locked first, so that the time taken after that is later than whatever was
 * minted before. Safe to repeat: what this incident freezes already stays frozen once. Agents that work are locked.
 */
export async function freeze(trx: Knex.Transaction, frozen: readonly Frozen[]): Promise<void> {
  if (frozen.length === 0) return;
  const subjects = [...new Set(frozen.map(({ subjectId }) => subjectId))];
  const runs = subjects.filter((id) => id.startsWith('run_'));
  const agents = subjects.filter((id) => id.startsWith('agp_'));
  if (runs.length > 0) await trx('runs').whereIn('id', runs).orderBy('id').forUpdate().select('id');
  if (agents.length > 0) {
    await trx('agent_profiles').whereIn('id', agents).orderBy('id').forUpdate().select('id');
    await trx('agent_profiles')
      .whereIn('id', agents)
      .whereIn('state', ['active', 'paused'])
      .update({ state: 'locked', version: trx.raw('version + 1'), updatedAt: trx.raw('now()') });
  }
  await trx.raw(
    `insert into incident_freezes (org_id, incident_id, subject_id, from_at)
     select r."orgId", r."incidentId", r."subjectId", clock_timestamp()
       from jsonb_to_recordset(?::jsonb) as r("orgId" text, "incidentId" text, "subjectId" text)
      where not exists (select 1 from incident_freezes f
        where f.incident_id = r."incidentId" and f.subject_id = r."subjectId" and f.until_at is null)`,
    [JSON.stringify(frozen)],
  );
}

/** Ends what an incident freezes. Safe to repeat. Agents stay locked until a person unlocks them. */
export async function thaw(tenant: Tenant, incidentId: string): Promise<void> {
  await tenant
    .trx('incident_freezes')
    .where({ orgId: tenant.orgId, incidentId })
    .whereNull('untilAt')
    .update({ untilAt: tenant.trx.raw('clock_timestamp()') });
}
