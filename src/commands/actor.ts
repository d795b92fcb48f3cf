import type { OrgActor } from '../auth/actor.js';
import type { CommandActor } from './store.js';

/** Freezes who gives a command, for the log and for the rules that ask about it later. */
export function commandActor(
  actor: OrgActor,
  { requestId, network }: { readonly requestId: string; readonly network: string },
): CommandActor {
  const { userId: id, role, approver } = actor;
  return actor.kind === 'person'
    ? { kind: 'person', id, role, approver, authTime: actor.authTime, requestId, network }
    : { kind: 'key', id, keyId: actor.keyId, role, approver, authTime: '', requestId, network };
}
