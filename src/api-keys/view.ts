import type { z } from 'zod';
import type { keyView } from './schema.js';
import type { ApiKey } from './store.js';

export function showKey(key: ApiKey, now: Date): z.input<typeof keyView> {
  const { id, name, mode, scopes, hint, createdBy, createdAt, expiresAt, lastUsedAt, revokedAt, replaces } = key;
  const expired = expiresAt !== null && expiresAt <= now;
  return {
    id,
    name,
    mode,
    scopes: [...scopes],
    hint,
    state: revokedAt !== null ? 'revoked' : expired ? 'expired' : 'active',
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
    replaces,
  };
}
