import type { Tenant } from '../db/database.js';
import { Refusal } from '../kernel/refusals.js';
import { findVersion, type SheetVersion } from './store.js';

/** The sheet for a new run; refuses what does not exist or is not active. */
export async function requireActiveSheet(tenant: Tenant, slug: string, version?: string): Promise<SheetVersion> {
  const found = await findVersion(tenant, slug, version);
  if (!found) {
    throw new Refusal(
      'unknown_flight_sheet',
      `There is no flight sheet ${JSON.stringify(slug)}${version === undefined ? '' : ` in version ${version}`}.`,
    );
  }
  if (found.state !== 'active')
    throw new Refusal('inactive_flight_sheet', `The flight sheet ${slug} ${found.sheet.version} is ${found.state}.`);
  return found;
}
