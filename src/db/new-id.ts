import { v7 } from 'uuid';
import { formatId, type IdKind } from '../kernel/ids.js';

/** A new sortable id (RFC 9562 UUIDv7 inside): time first, 74 random bits. */
export const newId = (kind: IdKind): string => formatId(kind, v7(undefined, new Uint8Array(16)));
