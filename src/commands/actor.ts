import type { Actor } from '../auth/actor.js';
import type { RequestInfo } from '../http/define-route.js';
import type { CommandActor } from './store.js';

/** Freezes who gives a command, for the log and for the rules that ask about it later. */
export function commandActor(actor: Actor, request: RequestInfo): CommandActor {
  const { userId, role, approver, authTime } = actor;
  return { kind: 'person', id: userId, role, approver, authTime, requestId: request.requestId };
}
