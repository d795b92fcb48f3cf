import type { CommandActor } from '../commands/store.js';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import type { PageQuery } from '../http/paging.js';
import { AuditEventRow } from './model.js';

/** One write, as it is told to the audit log. */
export interface AuditEvent {
  readonly actor: CommandActor;
  readonly action: string;
  readonly target: string;
  readonly runId?: string;
  readonly beforeDigest?: string | null;
  readonly afterDigest?: string | null;
}
/** One write, as the log keeps it. */
export interface LoggedEvent {
  readonly id: string;
  readonly at: Date;
  /** The present kinds of actor; for a key, `id` is the person who made it. */
  readonly actor: { readonly kind: 'person' | 'key' | 'system'; readonly id: string; readonly key_id?: string };
  readonly action: string;
  readonly target: string;
  readonly runId: string | null;
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
  readonly requestId: string;
  readonly network: string | null;
}

/** The column of each bound field, for a statement that writes more than the log. */
export const eventColumns = {
  id: 'id',
  orgId: 'org_id',
  actor: 'actor',
  action: 'action',
  target: 'target',
  runId: 'run_id',
  beforeDigest: 'before_digest',
  afterDigest: 'after_digest',
  requestId: 'request_id',
  network: 'network',
} as const;

/** The fields of a new entry, ready to be bound. */
export function eventFields(tenant: Tenant, event: AuditEvent): Record<keyof typeof eventColumns, string | null> {
  const { actor, action, target, runId = null, beforeDigest = null, afterDigest = null } = event;
  const { kind, id, keyId, requestId, network = null } = actor;
  return {
    id: newId('event'),
    orgId: tenant.orgId,
    actor: JSON.stringify({ kind, id, ...(keyId === undefined ? {} : { key_id: keyId }) }),
    action,
    target,
    runId,
    beforeDigest,
    afterDigest,
    requestId,
    network,
  };
}

/** Appends to the organization's audit log, in the transaction of the write it tells of. */
export async function recordEvent(tenant: Tenant, event: AuditEvent): Promise<void> {
  await tenant.trx('audit_events').insert(eventFields(tenant, event));
}

/** What happened to a run, oldest first. */
export async function listRunEvents(tenant: Tenant, runId: string): Promise<readonly LoggedEvent[]> {
  return AuditEventRow.query(tenant.trx).where({ orgId: tenant.orgId, runId }).orderBy(['at', 'id']).limit(1000);
}

export interface EventFilter {
  /** Id of a person or of an API key. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Entries of the log, newest first, one more than asked for. */
export async function listEvents(
  tenant: Tenant,
  { limit, after }: PageQuery,
  { actor, action, target, from, to }: EventFilter,
): Promise<readonly LoggedEvent[]> {
  const query = AuditEventRow.query(tenant.trx).where({ orgId: tenant.orgId });
  if (actor !== undefined) void query.whereRaw(`(actor->>'id' = ? or actor->>'key_id' = ?)`, [actor, actor]);
  if (action !== undefined) void query.where({ action });
  if (target !== undefined) void query.where({ target });
  if (from) void query.where('at', '>=', from);
  if (to) void query.where('at', '<', to);
  if (after) void query.whereRaw('(at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}
