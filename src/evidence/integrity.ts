import { createHash } from 'node:crypto';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Tenant } from '../db/database.js';
import { tellIncidents, type Notice } from '../incidents/report-store.js';
import type { Run } from '../runs/store.js';
import type { Evidence } from './store.js';

/** One item whose stored bytes are not the recorded ones; null where they are gone. */
export interface ChangedEvidence {
  readonly id: string;
  readonly sha256: string | null;
}
type Recorded = Pick<Evidence, 'id' | 'objectKey' | 'sha256' | 'state'>;

/** Reads every object again, hashing it on the way, and says which are not what they were. `onChunk` hears of progress. */
export async function findChanged(
  objects: ObjectStore,
  evidence: readonly Recorded[],
  onChunk: (id: string) => void,
): Promise<readonly ChangedEvidence[]> {
  const changed: ChangedEvidence[] = [];
  for (const { id, objectKey, sha256 } of evidence.filter(isPresent)) {
    const found = await digestOf(objects, objectKey, () => {
      onChunk(id);
    });
    if (found !== sha256) changed.push({ id, sha256: found });
  }
  return changed;
}

/** A withdrawn item is a tombstone: its bytes are not asked for. */
export const isPresent = ({ state }: { readonly state: string }): boolean => state !== 'withdrawn';

async function digestOf(objects: ObjectStore, key: string, onChunk: () => void): Promise<string | null> {
  const object = await objects.read(key);
  if (!object) return null;
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Uint8Array> = object.body;
  for await (const bytes of chunks) {
    hash.update(bytes);
    onChunk();
  }
  return hash.digest('hex');
}

/** Opens the incident of a run whose evidence changed: critical, so that nothing is cleared until a person has looked. */
export async function tellChanged(
  tenant: Tenant,
  run: Pick<Run, 'id' | 'agentProfileId'>,
  changed: readonly ChangedEvidence[],
  now: Date,
): Promise<void> {
  if (changed.length === 0) return;
  const what = changed.map(({ id, sha256 }) => `${id} ${sha256 ?? 'gone'}`).sort();
  const notice: Notice = {
    orgId: tenant.orgId,
    title: 'Evidence in storage is not what was recorded',
    kind: 'evidence_integrity',
    severity: 'sev1',
    source: 'engine',
    dedupKey: `evidence:${run.id}`,
    sourceKey: `evidence:${run.id}:${createHash('sha256').update(what.join('\n')).digest('hex')}`,
    links: { runs: [run.id] },
    by: 'engine',
  };
  await tellIncidents(tenant, [notice], now);
}
