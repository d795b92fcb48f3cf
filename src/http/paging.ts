import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';

/** Query of every list: newest first, keyset by (created_at, id). */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
};

/** The place after which a page begins. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}
export interface PageQuery {
  readonly limit: number;
  readonly after: Place | undefined;
}

const cursorSchema = z.tuple([z.iso.datetime(), z.string()]);

export function readPage({ limit, cursor }: { limit: number; cursor?: string | undefined }): PageQuery {
  if (cursor === undefined) return { limit, after: undefined };
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { limit, after: { at: new Date(at), id } };
  } catch (cause) {
    throw new Refusal('invalid_request', 'The cursor was not issued here.', {}, { cause });
  }
}

/** Cuts a page from one row more than it shows; the extra row tells whether there is a next page. */
export function cutPage<T extends { readonly createdAt: Date; readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { readonly shown: readonly T[]; readonly nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || !last) return { shown, nextCursor: null };
  return {
    shown,
    nextCursor: Buffer.from(JSON.stringify([last.createdAt.toISOString(), last.id])).toString('base64url'),
  };
}

/** RFC 8288 Link header to the next page. */
export function nextLink(
  publicUrl: string,
  path: string,
  query: Readonly<Record<string, unknown>>,
  nextCursor: string | null,
): Record<string, string> {
  if (nextCursor === null) return {};
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor: nextCursor })) {
    if (typeof value === 'string') params.set(name, value);
    if (typeof value === 'number') params.set(name, String(value));
  }
  return { Link: `<${publicUrl}${path}?${params.toString()}>; rel="next"` };
}
