import type { Person } from '../auth/actor.js';
import { recordEvent } from '../audit-log/store.js';
import { commandActor } from '../commands/actor.js';
import type { Tenant } from '../db/database.js';
import type { RequestInfo } from '../http/define-route.js';
import { Refusal } from '../kernel/refusals.js';
import { builtInVersions } from './library.js';
import { lintSheet } from './lint.js';
import { mayBecome, nextStates } from './rules.js';
import type { FlightSheet, SheetState } from './schema.js';
import { sheetDigest } from './digest.js';
import { findVersion, insertVersion, moveVersion, type SheetVersion } from './store.js';

interface By {
  readonly actor: Person;
  readonly request: RequestInfo;
}

/** The sheet in a body; refuses one with faults, naming all of them. `slug` is that of the path, where it has one. */
export function requireSound(body: unknown, slug?: string): FlightSheet {
  const { sheet, faults } = lintSheet(body);
  if (!sheet)
    throw new Refusal('invalid_flight_sheet', `The sheet has ${String(faults.length)} faults.`, { errors: faults });
  const errors = [
    ...(slug === undefined || sheet.slug === slug
      ? []
      : [{ path: '/slug', code: 'other_slug', message: `must be ${slug}` }]),
    ...(sheet.state === 'draft' || sheet.state === 'active'
      ? []
      : [{ path: '/state', code: 'bad_state', message: 'a new version is draft or active' }]),
  ];
  if (errors.length > 0) throw new Refusal('invalid_flight_sheet', 'The sheet does not fit here.', { errors });
  return sheet;
}

/** Keeps a version for ever. The same sheet again is the version that is there; another one under its number is refused. */
export async function publish(
  tenant: Tenant,
  sheet: FlightSheet,
  { actor, request }: By,
): Promise<{ readonly version: SheetVersion; readonly isNew: boolean }> {
  if (builtInVersions(sheet.slug).length > 0)
    throw new Refusal('name_taken', `${sheet.slug} is a sheet of the library; choose another slug.`);
  const kept = await insertVersion(tenant, sheet, actor.userId);
  if (kept.version.digest !== sheetDigest(sheet))
    throw new Refusal('sheet_version_exists', `${sheet.slug} ${sheet.version} is published with other content.`);
  if (kept.isNew)
    await recordEvent(tenant, {
      actor: commandActor(actor, request),
      action: 'flight_sheet.published',
      target: `${sheet.slug}@${sheet.version}`,
      afterDigest: kept.version.digest,
    });
  return kept;
}

/** Moves a version on. Safe to repeat: a version that is there already is handed back. */
export async function move(
  tenant: Tenant,
  at: { readonly slug: string; readonly version: string },
  to: SheetState,
  { actor, request }: By,
): Promise<SheetVersion> {
  const found = await findVersion(tenant, at.slug, at.version);
  if (!found) throw new Refusal('not_found', 'No such flight sheet.');
  if (found.owner === 'builtin')
    throw new Refusal('sheet_state', 'A sheet of the library stays as it is.', { allowed: [] });
  if (found.state === to) return found;
  const allowed = nextStates(found.state);
  if (!mayBecome(found.state, to) || !(await moveVersion(tenant, found, to)))
    throw new Refusal('sheet_state', `The version is ${found.state}.`, { current_state: found.state, allowed });
  await recordEvent(tenant, {
    actor: commandActor(actor, request),
    action: `flight_sheet.${to}`,
    target: `${at.slug}@${at.version}`,
    afterDigest: found.digest,
  });
  return { ...found, sheet: { ...found.sheet, state: to }, state: to };
}
