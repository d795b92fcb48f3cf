import type { System, Tenant } from '../db/database.js';

/** An outage that ended by itself. */
interface Recovered {
  readonly orgId: string;
  readonly dedupKey: string;
  readonly at: Date;
  /** Names this recovery for ever. */
  readonly key: string;
}

/**
 * Mitigates the open incidents of outages that ended, with a line on the timeline each; resolving is for a person. Safe
 * to repeat: an incident that is mitigated already, or that a person took further, stays as it is.
 */
export async function mitigateRecovered(
  { trx }: System | Tenant,
  recovered: readonly Recovered[],
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<void> {
  if (recovered.length === 0) return;
  await trx.raw(
    `with moved as (
       update incidents i set state = 'mitigated', mitigated_at = greatest(r.at, i.detected_at, i.acknowledged_at), changed_at = now(),
         escalations = 0, version = i.version + 1, updated_at = now()
       from jsonb_to_recordset(?::jsonb) as r("orgId" text, "dedupKey" text, at timestamptz, key text)
       where i.org_id = r."orgId" and i.dedup_key = r."dedupKey" and i.state in ('triage', 'open', 'acknowledged')
       returning i.org_id, i.id, i.mitigated_at, r.key)
     insert into incident_events (org_id, incident_id, at, kind, actor, body, source_key)
     select org_id, id, mitigated_at, 'mitigated', ?::jsonb, ?::jsonb, key
     from moved`,
    [JSON.stringify(recovered), JSON.stringify({ kind: 'system', id: actor }), JSON.stringify({ reason })],
  );
}
