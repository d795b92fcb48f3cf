import { Refusal } from '../kernel/refusals.js';
import type { Person } from './actor.js';

/** A decision needs a sign-in younger than this: a token left open overnight approves nothing. */
const MAX_AGE_HOURS = 12;
const HOUR_MS = 3_600_000;

/** Refuses a person whose sign-in is too old to decide with. */
export function requireRecentSignIn({ authTime }: Pick<Person, 'authTime'>, now = Date.now()): void {
  const age = now - Date.parse(authTime);
  if (age <= MAX_AGE_HOURS * HOUR_MS) return;
  throw new Refusal('step_up_required', `You signed in at ${authTime}, more than ${String(MAX_AGE_HOURS)} hours ago.`);
}
