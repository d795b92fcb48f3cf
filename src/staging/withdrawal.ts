import { randomUUID } from 'node:crypto';
import type { System } from '../db/database.js';
import { tellIncidents } from '../incidents/report-store.js';

/** Opens an incident in every organization that used what was withdrawn: one while it is open, whatever happens again. */
export async function tellWithdrawal(
  system: System,
  { kind, slug, version }: { readonly kind: 'dataset' | 'model'; readonly slug: string; readonly version: string },
  users: readonly string[],
): Promise<void> {
  const what = `${kind}:${slug}:${version}`;
  const notices = users.map((orgId) => ({
    orgId,
    title: `The ${kind} ${slug} ${version} was withdrawn while in use`,
    kind: 'policy_violation' as const,
    severity: 'sev3' as const,
    source: 'engine' as const,
    dedupKey: `withdrawn:${what}`,
    // A version can be listed and withdrawn again.
    sourceKey: `withdrawn:${what}:${randomUUID()}`,
    links: kind === 'dataset' ? { datasets: [slug] } : { models: [slug] },
    by: 'catalog',
  }));
  await tellIncidents(system, notices, new Date());
}
