import type { z } from 'zod';
import type { Database, Tenant } from '../db/database.js';
import { newId } from '../db/new-id.js';
import { openIncidents } from '../incidents/open.js';
import { Refusal } from '../kernel/refusals.js';
import { signals, type Signal } from './rules.js';
import { cutMessage, type signalView, type SignalBody } from './schema.js';
import { lockWatchdog, takeSignal, takeSignalByUrl, type Ping, type Watchdog } from './store.js';
import { dedupKeyOf, tend } from './tend.js';
import { shownHealth } from './view.js';

type SignalAnswer = z.input<typeof signalView>;

/**
 * Takes a signal. A good one is one statement; one that tells of a failure opens its incident in a second transaction,
 * and the sweep does it if that does not come to pass. Temporal hears of neither here.
 */
export async function receiveSignal(
  database: Database,
  at: { readonly orgId: string; readonly profileId: string },
  body: SignalBody,
): Promise<SignalAnswer> {
  const named = requireSignal(body.signal);
  const signal = named === 'success' && (body.exit_code ?? 0) !== 0 ? 'fail' : named;
  const progressToken = body.progress_token ?? null;
  const ping = await takeSignal(database, { ...at, signal, progressToken, message: messageOf(body) });
  return answer(database, ping, signal);
}

/** The same by a signed URL. */
export async function receiveSignalByUrl(
  database: Database,
  hash: string,
  given: { readonly signal: string; readonly progressToken: string | null },
): Promise<SignalAnswer> {
  const signal = requireSignal(given.signal);
  return answer(database, await takeSignalByUrl(database, hash, signal, given.progressToken), signal);
}

async function answer(database: Database, ping: Ping, signal: Signal): Promise<SignalAnswer> {
  requireTaken(ping);
  const isTrouble = ping.fell || signal === 'anomaly';
  const incident_id =
    isTrouble && !ping.muted && !ping.paused
      ? await database.tenant(ping.orgId, (tenant) => openFor(tenant, ping.profileId, signal))
      : null;
  return { health: shownHealth(ping), observed: ping.health, incident_id };
}

async function openFor(tenant: Tenant, profileId: string, signal: Signal): Promise<string | null> {
  const watchdog = await lockWatchdog(tenant, profileId);
  if (!watchdog) throw new Error(`openFor: ${profileId} has no watchdog`);
  if (signal === 'anomaly') return openAnomaly(tenant, watchdog);
  return (await tend(tenant, [watchdog], new Date()))[0]?.incidentId ?? null;
}

async function openAnomaly(tenant: Tenant, { profileId, config }: Watchdog): Promise<string | null> {
  const now = new Date();
  const none = { awarenessAt: null, disclosedAt: null, article73Class: null, assigneeId: null, createdBy: null };
  const [opened] = await openIncidents(tenant, [
    {
      ...none,
      id: newId('incident'),
      orgId: tenant.orgId,
      title: 'An agent reported an anomaly',
      kind: 'rogue_action',
      severity: config.severity,
      source: 'watchdog',
      state: 'open',
      dedupKey: `${dedupKeyOf(profileId)}:anomaly`,
      sourceKey: null,
      agentProfileId: profileId,
      runs: [],
      occurredAt: now,
      detectedAt: now,
      details: {},
      actor: { kind: 'system', id: 'watchdog' },
    },
  ]);
  return opened?.id ?? null;
}

function requireSignal(name: string): Signal {
  const signal = signals.find((known) => known === name);
  if (!signal) throw new Refusal('unknown_signal', `${JSON.stringify(name.slice(0, 40))} is no signal.`);
  return signal;
}

function requireTaken({ outcome, retryAfter }: Ping): void {
  switch (outcome) {
    case 'taken':
      return;
    case 'unknown':
      throw new Refusal('not_found', 'No such agent profile.');
    case 'retired':
      throw new Refusal('profile_retired', 'This agent is retired.');
    case 'limited':
      throw new Refusal('rate_limited', 'Sixty signals in a minute are enough.', { retry_after: retryAfter });
  }
}

/** What a signal says besides its kind, as one text of bounded length. */
function messageOf({ message, run_ref, exit_code, metrics }: SignalBody): string | null {
  const facts = { run_ref, exit_code, metrics };
  const known = Object.values(facts).some((fact) => fact !== undefined);
  const text = [message, known ? JSON.stringify(facts) : undefined].filter((part) => part !== undefined).join('\n');
  return text === '' ? null : cutMessage(text.replaceAll('\u0000', ''));
}
