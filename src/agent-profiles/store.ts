import { raw, type QueryBuilder } from 'objection';
import type { Tenant } from '../db/database.js';
import { isDuplicate } from '../db/duplicate.js';
import type { PageQuery } from '../http/paging.js';
import { Refusal } from '../kernel/refusals.js';
import { snapshotDigest } from './digest.js';
import { AgentProfileRow, AgentSnapshotRow } from './model.js';
import type { ProfileState } from './rules.js';
import type { Snapshot } from './schema.js';

export interface AgentProfile {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly state: ProfileState;
  /** Counts every change of the row; the ETag. */
  readonly version: number;
  readonly snapshotVersion: number;
  readonly snapshotDigest: string;
  readonly snapshot: Snapshot;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
export interface AgentSnapshot {
  readonly version: number;
  readonly digest: string;
  readonly snapshot: Snapshot;
  readonly createdBy: string;
  readonly createdAt: Date;
}

const profiles = (tenant: Tenant): QueryBuilder<AgentProfileRow, AgentProfileRow[]> =>
  AgentProfileRow.query(tenant.trx).where({ orgId: tenant.orgId });

const named = async <T>(name: string, write: () => PromiseLike<T>): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new Refusal('name_taken', `An agent profile named ${JSON.stringify(name)} exists.`, {}, { cause: error });
  }
};

/** Not safe to repeat by itself: its caller runs once per Idempotency-Key, and a name is taken once. */
export async function insertProfile(
  tenant: Tenant,
  profile: {
    readonly id: string;
    readonly snapshot: Snapshot;
    readonly state: ProfileState;
    readonly createdBy: string;
  },
): Promise<AgentProfile> {
  const { snapshot } = profile;
  const row = { ...profile, orgId: tenant.orgId, name: snapshot.name, snapshotDigest: snapshotDigest(snapshot) };
  await named(snapshot.name, () => AgentProfileRow.query(tenant.trx).insert(row));
  await keepSnapshot(tenant, { ...profile, version: 1 });
  return profiles(tenant).findById(profile.id).throwIfNotFound();
}

async function keepSnapshot(
  tenant: Tenant,
  given: { readonly id: string; readonly version: number; readonly snapshot: Snapshot; readonly createdBy: string },
): Promise<void> {
  const { id: profileId, version, snapshot, createdBy } = given;
  const digest = snapshotDigest(snapshot);
  await AgentSnapshotRow.query(tenant.trx).insert({
    profileId,
    orgId: tenant.orgId,
    version,
    digest,
    snapshot,
    createdBy,
  });
}

export async function findProfile(tenant: Tenant, id: string): Promise<AgentProfile | undefined> {
  return profiles(tenant).findById(id);
}

/** Reads a profile for change: writers pass one at a time from here to their commit. */
export async function lockProfile(tenant: Tenant, id: string): Promise<AgentProfile | undefined> {
  return profiles(tenant).findById(id).forUpdate();
}

/** Changes a locked profile; other content is a new snapshot. */
export async function changeProfile(
  tenant: Tenant,
  profile: AgentProfile,
  change: { readonly snapshot: Snapshot; readonly state: ProfileState; readonly by: string },
): Promise<AgentProfile> {
  const { snapshot, state, by } = change;
  const digest = snapshotDigest(snapshot);
  const isNew = digest !== profile.snapshotDigest;
  const snapshotVersion = profile.snapshotVersion + (isNew ? 1 : 0);
  if (isNew) await keepSnapshot(tenant, { id: profile.id, version: snapshotVersion, snapshot, createdBy: by });
  const patch = { name: snapshot.name, state, snapshot, snapshotDigest: digest, snapshotVersion };
  await named(snapshot.name, () =>
    profiles(tenant)
      .where({ id: profile.id })
      .patch({ ...patch, version: profile.version + 1, updatedAt: raw('now()') }),
  );
  return profiles(tenant).findById(profile.id).throwIfNotFound();
}

export async function listProfiles(
  tenant: Tenant,
  { limit, after }: PageQuery,
  filter: {
    state?: string | undefined;
    model?: string | undefined;
    tool?: string | undefined;
    risk?: string | undefined;
  },
): Promise<readonly AgentProfile[]> {
  const query = profiles(tenant);
  const holds = (part: object) => void query.whereRaw('snapshot @> ?::jsonb', [JSON.stringify(part)]);
  if (filter.state !== undefined) void query.where('state', filter.state);
  if (filter.model !== undefined) holds({ model: { name: filter.model } });
  if (filter.tool !== undefined) holds({ tools: [{ name: filter.tool }] });
  if (filter.risk !== undefined) holds({ risk_tier: filter.risk });
  if (after) void query.whereRaw('(created_at, id) < (?, ?)', [after.at, after.id]);
  return query
    .orderBy([
      { column: 'createdAt', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** Every snapshot of a profile, newest first. */
export async function listSnapshots(tenant: Tenant, profileId: string): Promise<readonly AgentSnapshot[]> {
  return AgentSnapshotRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, profileId })
    .orderBy('version', 'desc')
    .limit(500);
}

/** The snapshot of a digest, whichever version has it. */
export async function findSnapshot(
  tenant: Tenant,
  profileId: string,
  digest: string,
): Promise<AgentSnapshot | undefined> {
  return AgentSnapshotRow.query(tenant.trx).where({ orgId: tenant.orgId, profileId, digest }).first();
}
