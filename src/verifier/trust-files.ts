import { requirePlace } from './source.js';
import { joinTrust, parseTrust, type Trust } from './trust.js';

/** Reads whom to believe from files or addresses. */
export async function readTrust(places: readonly string[]): Promise<Trust> {
  const parts: Trust[] = [];
  for (const place of places) parts.push(parseTrust((await requirePlace(place)).toString('utf8')));
  return joinTrust(parts);
}
