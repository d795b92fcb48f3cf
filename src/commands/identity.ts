import { createHash } from 'node:crypto';
import { v5 } from 'uuid';
import type { OrgActor } from '../auth/actor.js';
import { canonicalJson } from '../kernel/canonical-json.js';

/** Namespace of command ids (RFC 9562 §5.5), drawn once for this product. */
const NAMESPACE = '5f0c0e5c-3a3f-4a52-9a63-0b1f4f0f3c9d';

/** Names one command for ever: the same person, operation and Idempotency-Key give the same id. */
export function commandIdOf(
  actor: Pick<OrgActor, 'orgId' | 'userId'>,
  operation: string,
  idempotencyKey: string,
): string {
  return v5([actor.orgId, actor.userId, operation, idempotencyKey].join('\n'), NAMESPACE);
}

/** SHA-256 of the canonical request: tells a repetition from another request under the same key. */
export function requestHashOf(request: unknown): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}
