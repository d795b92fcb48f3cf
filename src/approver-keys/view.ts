import type { z } from 'zod';
import type { approverKeyView, challengeView } from './schema.js';
import type { ApproverKey, Challenge } from './store.js';

export function showApproverKey(key: ApproverKey): z.input<typeof approverKeyView> {
  const { id, userId, scheme, name, publicKey, createdAt, revokedAt } = key;
  return {
    id,
    user_id: userId,
    scheme,
    name,
    public_key: publicKey,
    created_at: createdAt.toISOString(),
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}

export function showChallenge(
  { id, statement, expiresAt }: Challenge,
  webauthn: object,
): z.input<typeof challengeView> {
  return { id, statement, expires_at: expiresAt.toISOString(), webauthn: { ...webauthn } };
}
