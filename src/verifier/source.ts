import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, VerifierFault } from './fault.js';

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 32 * 1024 * 1024;
export const isUrl = (place: string): boolean => /^https?:\/\//.test(place);

/** Reads a file or a URL; undefined when there is none. */
export async function readPlace(place: string, accept = '*/*'): Promise<Buffer | undefined> {
  return isUrl(place) ? readUrl(place, accept) : readPath(place);
}

export async function requirePlace(place: string, accept?: string): Promise<Buffer> {
  const bytes = await readPlace(place, accept);
  if (!bytes) throw new VerifierFault('io', `${place} is not there`);
  return bytes;
}

async function readUrl(url: string, accept: string): Promise<Buffer | undefined> {
  try {
    const response = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new VerifierFault('io', `${url} answered ${String(response.status)}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > MAX_BYTES) throw new VerifierFault('malformed', `${url} is larger than 32 MiB`);
    return bytes;
  } catch (cause) {
    if (cause instanceof VerifierFault) throw cause;
    throw new VerifierFault('io', `${url} could not be read`, { cause });
  }
}

async function readPath(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(cause))) return undefined;
    throw new VerifierFault('io', `${path} could not be read`, { cause });
  }
}

/** The objects of a log under a URL prefix or in a folder, by their tlog-tiles path. */
export type LogSource = (path: string) => Promise<Buffer | undefined>;

export const logSource =
  (place: string): LogSource =>
  (path) =>
    readPlace(isUrl(place) ? `${place.replace(/\/$/, '')}/${path}` : join(place, ...path.split('/')));
