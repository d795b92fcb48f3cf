import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';

const cursorSchema = z.tuple([z.string()]);

/** Place in a list that is ordered by slug: stable whatever is published while somebody reads on. */
export function readSlugPage(query: { readonly limit: number; readonly cursor?: string | undefined }): {
  readonly limit: number;
  readonly after: string | undefined;
} {
  const { limit, cursor } = query;
  if (cursor === undefined) return { limit, after: undefined };
  try {
    const [after] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { limit, after };
  } catch (cause) {
    throw new Refusal('invalid_request', 'The cursor was not issued here.', {}, { cause });
  }
}

/** Cuts a page from one row more than it shows. */
export function cutSlugPage<T extends { readonly slug: string }>(
  rows: readonly T[],
  limit: number,
): { readonly shown: readonly T[]; readonly nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || !last) return { shown, nextCursor: null };
  return { shown, nextCursor: Buffer.from(JSON.stringify([last.slug])).toString('base64url') };
}
