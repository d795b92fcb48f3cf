import type { OrgActor } from '../auth/actor.js';
import { commandIdOf, requestHashOf } from '../commands/identity.js';
import type { RequestInfo } from './define-route.js';

/** Names a command by its Idempotency-Key and fingerprints its body, both scoped to the caller and the operation. */
export function plainCommand(
  actor: OrgActor,
  operation: string,
  request: RequestInfo,
  body: unknown,
): { commandId: string; requestHash: string } {
  return {
    commandId: commandIdOf(actor, operation, request.idempotencyKey ?? request.requestId),
    requestHash: requestHashOf({ operation, body }),
  };
}

export const replayHeaders = (replayed: boolean): Record<string, string> =>
  replayed ? { 'Idempotency-Replayed': 'true' } : {};
