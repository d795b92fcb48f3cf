import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface KeyEventReceiptFacts {
  readonly event: 'created' | 'activated' | 'retired' | 'compromised' | 'log_frozen' | 'trust_root';
  readonly keyId: string;
  readonly purpose: 'receipt' | 'log' | 'api' | 'witness';
  /** SHA-256 over the SubjectPublicKeyInfo, or over the trusted root that is announced. */
  readonly publicSha256: string;
  readonly validFrom: string;
  readonly validTo: string | null;
  /** The final checkpoint of a frozen log. */
  readonly checkpoint: string | null;
  readonly reason: string | null;
}

/** The receipt of a key's life: made, used from, retired, distrusted. */
export const keyEventKind = defineKind<KeyEventReceiptFacts>({
  kind: 'key_event',
  predicateType: `${PREDICATE_BASE}/key-event/v1`,
  schemaVersion: '1.0.0',
  notChecked: ['Where the private key is kept, or who can use it.'],
  schema: z.object({
    ...frame,
    key: z.object({
      event: z.enum(['created', 'activated', 'retired', 'compromised', 'log_frozen', 'trust_root']),
      keyId: z.string(),
      purpose: z.enum(['receipt', 'log', 'api', 'witness']),
      publicSha256: sha256,
      validFrom: time,
      validTo: time.nullable(),
      checkpoint: z.string().nullable(),
      ...committed,
    }),
  }),
  subjects: ({ keyId, publicSha256 }) => [{ name: keyId, digest: { sha256: publicSha256 } }],
  body: ({ reason, ...key }, commitments) => ({ key: { ...key, ...commitments.commit('/key', { reason }) } }),
});
