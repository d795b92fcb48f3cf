import type { z } from 'zod';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Grant } from './grant-store.js';
import { objectKey } from './package.js';
import { grantState, LINK_SECONDS, type QuotaLeft } from './rules.js';
import type { accessibleView, datasetsView, downloadView, grantView, packageView } from './schema.js';
import type { CatalogPackage, listVersions, PackageSummary } from './store.js';

/** Forms in which a package leaves for other tools. */
export const datasetExports = ['croissant', 'spdx', 'cyclonedx', 'huggingface'] as const;

type Summary = z.input<typeof datasetsView>['data'][number];
type Access = z.input<typeof accessibleView>['data'][number]['access'];

export function showSummary({ tasks, languages, manifestRoot, ...found }: PackageSummary): Summary {
  return { ...found, tasks: [...tasks], languages: [...languages], manifest_root: manifestRoot };
}

/** Whether this caller may download now, and if not, why. */
export function showAccess(
  standing: { readonly entitled: boolean; readonly because: string },
  mayAsk: boolean,
  { left, resetsAt }: QuotaLeft,
): Access {
  const counters = { quota_left: left, resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString() };
  const no = (reason: Access['reason'], because: string): Access => ({ allowed: false, reason, because, ...counters });
  if (!standing.entitled) return no('membership_required', standing.because);
  if (!mayAsk) return no('role', 'a viewer does not download');
  if (left === 0) return no('quota_exceeded', 'the grants of 24 hours are used up');
  return { allowed: true, reason: 'member', because: standing.because, ...counters };
}

export function showPackage(
  publicUrl: string,
  found: CatalogPackage,
  versions: Awaited<ReturnType<typeof listVersions>>,
): z.input<typeof packageView> {
  const { slug, version, manifestRoot, state, because, bytes, records, publishedAt } = found;
  const exported: Record<string, string> = {};
  for (const name of datasetExports)
    exported[name] = `${publicUrl}/datasets/catalog/${slug}/exports/${name}?version=${version}`;
  return {
    package: found.package,
    manifest_root: manifestRoot,
    bytes,
    records,
    state,
    because,
    published_at: publishedAt.toISOString(),
    versions: versions.map((one) => ({
      version: one.version,
      state: one.state,
      manifest_root: one.manifestRoot,
      published_at: one.publishedAt.toISOString(),
    })),
    exports: exported,
  };
}

export function showGrant(grant: Grant, now: Date): z.input<typeof grantView> {
  return { ...fieldsOf(grant, now), files: [...grant.files] };
}

/** The links are made for this answer and kept nowhere; each means the bytes of its digest and no others. */
export async function showDownload(
  objects: ObjectStore,
  grant: Grant,
  now: Date,
): Promise<z.input<typeof downloadView>> {
  const files = grant.files.map(async (file) => ({
    ...file,
    url: await objects.signDownload(objectKey(file.sha256), file.name, LINK_SECONDS),
  }));
  return {
    ...fieldsOf(grant, now),
    links_expire_at: new Date(now.getTime() + LINK_SECONDS * 1000).toISOString(),
    files: await Promise.all(files),
  };
}

function fieldsOf(grant: Grant, now: Date): Omit<z.input<typeof grantView>, 'files'> {
  return {
    id: grant.id,
    dataset: { slug: grant.slug, version: grant.version, manifest_root: grant.manifestRoot },
    purpose: grant.purpose,
    uses: [...grant.uses],
    licence_sha256: grant.licenceSha256,
    policy_version: grant.policyVersion,
    granted_to: grant.grantedTo,
    key_id: grant.keyId,
    issued_at: grant.issuedAt.toISOString(),
    expires_at: grant.expiresAt.toISOString(),
    max_redemptions: grant.maxRedemptions,
    redemptions: grant.redemptions,
    state: grantState(grant, now),
    revoked_because: grant.revokedBecause,
    receipt_id: grant.receiptId,
  };
}
