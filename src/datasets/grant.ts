import type { Tenant } from '../db/database.js';
import { requireEntitled } from '../membership/entitlement.js';
import { Refusal } from '../kernel/refusals.js';
import { readSpent } from './grant-store.js';
import { quotaLeft } from './rules.js';
import type { GrantPayload } from './schema.js';
import { findPackage, type CatalogPackage, type GrantedFile } from './store.js';

export interface Grantable {
  readonly found: CatalogPackage;
  readonly files: readonly GrantedFile[];
}

/**
 * Whether a grant may be issued now; refuses in the order of what the caller can cure. Asked before the command is sent,
 * to refuse early, and again in its transaction, where the sequence lock makes the quota exact.
 */
export async function requireGrantable(tenant: Tenant, wanted: GrantPayload, now: Date): Promise<Grantable> {
  const found = await findPackage(tenant.trx, wanted.slug, wanted.version ?? undefined);
  if (!found) throw new Refusal('not_found', 'No such package.');
  if (found.state === 'withdrawn')
    throw new Refusal('package_withdrawn', `${found.slug} ${found.version} was withdrawn: ${found.because ?? ''}.`);
  await requireEntitled(tenant);
  requireLicence(found, wanted);
  requireQuota(await readSpent(tenant, wanted.principal, now), now);
  return { found, files: chosenFiles(found, wanted.files) };
}

function requireLicence({ package: { licence } }: CatalogPackage, { acceptedSha256, uses }: GrantPayload): void {
  if (acceptedSha256 !== licence.text_sha256)
    throw new Refusal(
      'licence_acceptance_required',
      acceptedSha256 === null ? `${licence.id} has not been accepted.` : 'The text that was accepted is another one.',
    );
  const forbidden = uses.filter((use) => licence.forbids.includes(use));
  if (forbidden.length > 0) throw new Refusal('use_not_licensed', `${licence.id} forbids ${forbidden.join(', ')}.`);
}

function requireQuota(spent: Parameters<typeof quotaLeft>[0], now: Date): void {
  const { left, of, limit, used, resetsAt } = quotaLeft(spent);
  if (left > 0) return;
  const resets = resetsAt ?? now.getTime();
  throw new Refusal(
    'quota_exceeded',
    `${String(used)} of ${String(limit)} grants of this ${of} in 24 hours are used.`,
    {
      retry_after: Math.max(1, Math.ceil((resets - now.getTime()) / 1000)),
      quota: { of, limit, used, resets_at: new Date(resets).toISOString() },
    },
  );
}

function chosenFiles({ package: { files } }: CatalogPackage, names: readonly string[] | null): readonly GrantedFile[] {
  const chosen = names === null ? files : files.filter(({ name }) => names.includes(name));
  const missing = names?.find((name) => !files.some((file) => file.name === name));
  if (missing !== undefined) throw new Refusal('not_found', `The package has no file ${JSON.stringify(missing)}.`);
  return chosen.map(({ name, media_type, sha256, size }) => ({ name, media_type, sha256, size }));
}
