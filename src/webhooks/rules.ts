import { cookStates } from '../cooks/rules.js';
import { incidentStates } from '../incidents/rules.js';
import { membershipStates } from '../membership/rules.js';
import { healths } from '../watchdogs/rules.js';

/** What an endpoint can be told; a last part may be asked for as a star, as in incident.*, and a lone star is them all. */
export const webhookEvents: readonly string[] = [
  'run.submitted',
  'run.audited',
  'check.opened',
  'approval.requested',
  'approval.decided',
  'receipt.issued',
  'receipt.revoked',
  'receipt.superseded',
  'receipt.erased',
  ...['opened', 'recurred', 'reopened', 'changed', 'commented', 'escalated', 'article73_reminded', 'receipted'].map(
    (kind) => `incident.${kind}`,
  ),
  ...incidentStates.map((state) => `incident.${state}`),
  ...cookStates.map((state) => `cook.${state}`),
  'grant.issued',
  ...healths.map((health) => `agent.health.${health}`),
  ...membershipStates.map((state) => `membership.${state}`),
  'ledger.checkpoint',
];

const families = new Set(webhookEvents.map((type) => type.replace(/[^.]+$/, '*')));
export const isSubscription = (name: string): boolean =>
  name === '*' || families.has(name) || webhookEvents.includes(name);

/** Pauses between the tries of one delivery, in seconds: the last try is a little more than two days after the first. */
const PAUSES_S: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000];
/** Each pause is stretched or shortened by up to a tenth, so that what failed together doesn't come back together. */
const JITTER = 0.1;

/** Seconds until the next try, after so many have failed; undefined when that was the last. `chance` is in [0, 1). */
export function pauseAfter(attempts: number, chance: number): number | undefined {
  const pause = PAUSES_S[attempts - 1];
  return pause === undefined ? undefined : pause * (1 - JITTER + 2 * JITTER * chance);
}

/** What became of one try. */
export type Outcome = 'delivered' | 'again' | 'failed' | 'gone';

/** 2xx is a yes; 410 says that nobody lives there any more; everything else is tried again while tries are left. */
export function outcomeOf(status: number | null, attempts: number): Outcome {
  if (status !== null && status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  return attempts > PAUSES_S.length ? 'failed' : 'again';
}
