import { raw } from 'objection';
import type { Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { sheetDigest } from './digest.js';
import { builtInVersions, library, versionOrder } from './library.js';
import { FlightSheetRow } from './model.js';
import type { FlightSheet, SheetState } from './schema.js';

/** One version of a sheet, of the library or of an organization. Its content never changes, its state only goes on. */
export interface SheetVersion {
  readonly sheet: FlightSheet;
  readonly digest: string;
  readonly state: SheetState;
  readonly owner: 'builtin' | 'organization';
  readonly createdAt: Date | null;
}

const ofLibrary = (sheet: FlightSheet): SheetVersion => ({
  sheet,
  digest: sheetDigest(sheet),
  state: sheet.state,
  owner: 'builtin',
  createdAt: null,
});
const ofRow = ({ sheet, digest, state, createdAt }: FlightSheetRow): SheetVersion => ({
  sheet: { ...sheet, state },
  digest,
  state,
  owner: 'organization',
  createdAt,
});

/** Every version under a slug, newest first. The library's slugs are taken, so the two never mix. */
export async function listVersions(tenant: Tenant, slug: string): Promise<readonly SheetVersion[]> {
  const own = builtInVersions(slug);
  if (own.length > 0) return own.map(ofLibrary);
  const rows = await FlightSheetRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, slug })
    .orderBy('versionOrder', 'desc')
    .limit(500);
  return rows.map(ofRow);
}

/** The version asked for; without one the newest active, else the newest. */
export async function findVersion(tenant: Tenant, slug: string, version?: string): Promise<SheetVersion | undefined> {
  const versions = await listVersions(tenant, slug);
  if (version !== undefined) return versions.find(({ sheet }) => sheet.version === version);
  return versions.find(({ state }) => state === 'active') ?? versions[0];
}

/** The newest version under each slug after the given one, in the order of slugs: the library's and the organization's. */
export async function listNewest(
  tenant: Tenant,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<readonly SheetVersion[]> {
  const { limit, after = '' } = page;
  const rows = await FlightSheetRow.query(tenant.trx)
    .select(raw('distinct on (slug collate "C") *'))
    .where({ orgId: tenant.orgId })
    .where(raw('slug collate "C"'), '>', after)
    .orderByRaw(`slug collate "C", state = 'active' desc, version_order desc`)
    .limit(limit + 1);
  const slugs = [...new Set(library.map(({ slug }) => slug))].filter((slug) => slug > after);
  const builtIn = slugs.flatMap((slug) => builtInVersions(slug).slice(0, 1).map(ofLibrary));
  return [...builtIn, ...rows.map(ofRow)].sort((a, b) => (a.sheet.slug < b.sheet.slug ? -1 : 1)).slice(0, limit + 1);
}

/** Safe to repeat: the unique index on organization, slug and version keeps a second one out. */
export async function insertVersion(
  tenant: Tenant,
  sheet: FlightSheet,
  createdBy: string,
): Promise<{ readonly version: SheetVersion; readonly isNew: boolean }> {
  const { slug, version, state } = sheet;
  const inserted: unknown[] = await tenant
    .trx('flight_sheets')
    .insert({
      id: newId('flightSheet'),
      orgId: tenant.orgId,
      slug,
      version,
      versionOrder: [...versionOrder(version)],
      digest: sheetDigest(sheet),
      state,
      sheet: JSON.stringify({ ...sheet, state: 'active' }),
      createdBy,
    })
    .onConflict(['org_id', 'slug', 'version'])
    .ignore()
    .returning('id');
  const row = await FlightSheetRow.query(tenant.trx).findOne({ orgId: tenant.orgId, slug, version }).throwIfNotFound();
  return { version: ofRow(row), isNew: inserted.length > 0 };
}

/** Moves a version on, if it is still in the state it was read in; false when it is not. */
export async function moveVersion(tenant: Tenant, { sheet, state }: SheetVersion, to: SheetState): Promise<boolean> {
  const changed = await FlightSheetRow.query(tenant.trx)
    .where({ orgId: tenant.orgId, slug: sheet.slug, version: sheet.version, state })
    .patch({ state: to, updatedAt: raw('now()') });
  return changed > 0;
}
