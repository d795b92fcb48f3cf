import { DBError } from 'objection';
import { z } from 'zod';

const UNIQUE_VIOLATION = '23505';
const native = z.object({ code: z.string() });

/**
 * Whether a write met a row that a unique index already has. By the code of Postgres: objection tells the kinds of
 * violation apart by the detail of the message, which Postgres withholds where row-level security is on.
 */
export function isDuplicate(error: unknown): boolean {
  return error instanceof DBError && native.safeParse(error.nativeError).data?.code === UNIQUE_VIOLATION;
}
