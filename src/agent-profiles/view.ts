import type { z } from 'zod';
import type { Tenant } from '../db/database.js';
import { listFreezing } from '../incidents/freeze-store.js';
import { listLaneVerdicts } from '../runs/store.js';
import { earnedLanes } from './rules.js';
import type { profileView } from './schema.js';
import type { AgentProfile } from './store.js';

/** A profile as its organization sees it; lanes are derived from verdicts, and an open critical incident locks them. */
export async function showProfile(tenant: Tenant, profile: AgentProfile): Promise<z.input<typeof profileView>> {
  const open = await listFreezing(tenant, [profile.id]);
  const isFree = open.length === 0 && profile.state !== 'locked';
  return {
    id: profile.id,
    state: profile.state,
    revision: profile.version,
    snapshot: { version: profile.snapshotVersion, digest: profile.snapshotDigest },
    ...profile.snapshot,
    earned_lanes: isFree ? [...earnedLanes(await listLaneVerdicts(tenant, profile.id))] : [],
    open_incidents: [...open],
    created_by: profile.createdBy,
    created_at: profile.createdAt.toISOString(),
    updated_at: profile.updatedAt.toISOString(),
  };
}

export const etagOf = (revision: number): string => `"${String(revision)}"`;
