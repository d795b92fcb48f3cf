import { raw, type PartialModelObject, type QueryBuilder } from 'objection';
import { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import type { Database, System, Tenant } from '../db/database.js';
import { HealthEventRow, WatchdogRow } from './model.js';
import { healths, type Health, type Signal } from './rules.js';
import { noWatch, type WatchdogConfig } from './schema.js';

export type Watchdog = Readonly<
  Pick<
    WatchdogRow,
    | 'profileId'
    | 'orgId'
    | 'version'
    | 'config'
    | 'paused'
    | 'muted'
    | 'health'
    | 'healthAt'
    | 'baselineAt'
    | 'lastSignalAt'
    | 'lastSignal'
    | 'progressAt'
    | 'goodSignals'
    | 'episode'
    | 'openedEpisode'
    | 'endedEpisode'
    | 'fellAt'
    | 'fellBecause'
    | 'generation'
  >
>;
export interface HealthEvent {
  readonly at: Date;
  readonly kind: string;
  readonly because: string;
  readonly message: string | null;
}
/** Which signed URL: one takes signals, the other shows a badge. */
export type UrlPurpose = 'ping' | 'badge';

/** A watchdog's tokens are derived from its profile and generation; a new generation ends the old URLs. */
export const tokenOf = (
  tokens: Tokens,
  purpose: UrlPurpose,
  { profileId, generation }: Pick<Watchdog, 'profileId' | 'generation'>,
): string => tokens.issue(`watchdog-${purpose}`, `${profileId}/${String(generation)}`);

const hashes = (tokens: Tokens, at: Pick<Watchdog, 'profileId' | 'generation'>) => ({
  pingHash: tokens.hash(tokenOf(tokens, 'ping', at)),
  badgeHash: tokens.hash(tokenOf(tokens, 'badge', at)),
});

const watchdogs = (tenant: Tenant): QueryBuilder<WatchdogRow, WatchdogRow[]> =>
  WatchdogRow.query(tenant.trx).where({ orgId: tenant.orgId });

/** Made with its profile, in the same transaction; it awaits nothing until it is told what to await. */
export async function insertWatchdog(tenant: Tenant, tokens: Tokens, profileId: string): Promise<void> {
  await WatchdogRow.query(tenant.trx).insert({
    ...{ profileId, orgId: tenant.orgId, config: noWatch, generation: 1 },
    ...hashes(tokens, { profileId, generation: 1 }),
  });
}

export async function findWatchdog(tenant: Tenant, profileId: string): Promise<Watchdog | undefined> {
  return watchdogs(tenant).findById(profileId);
}

/** Reads a watchdog for change: signals, sweeps and people pass one at a time from here to the commit. */
export async function lockWatchdog(tenant: Tenant, profileId: string): Promise<Watchdog | undefined> {
  return watchdogs(tenant).findById(profileId).forUpdate();
}

/** Sets what a watchdog awaits, from now on: the clock of silence begins again. */
export async function configureWatchdog(tenant: Tenant, watchdog: Watchdog, config: WatchdogConfig): Promise<Watchdog> {
  return change(tenant, watchdog, {
    config,
    mode: config.mode,
    periodSeconds: config.mode === 'heartbeat' ? config.period_seconds : null,
    stuckAfterSeconds: config.stuck_after_seconds ?? null,
    recoverAfter: config.recover_after,
    autoResume: config.auto_resume,
    baselineAt: raw('now()'),
    lookAt: raw('now()'),
  });
}

/** Paused, nothing is awaited; resumed, everything begins anew, and an outage before it is over. */
export async function pauseWatchdog(tenant: Tenant, watchdog: Watchdog, paused: boolean): Promise<Watchdog> {
  if (watchdog.paused === paused) return watchdog;
  if (paused) return change(tenant, watchdog, { paused, lookAt: null });
  const fresh = { health: 'new' as const, healthAt: raw('now()'), goodSignals: 0, startedAt: null, progressAt: null };
  const begun = { baselineAt: raw('now()'), lookAt: raw('now()'), progressToken: null };
  return change(tenant, watchdog, { paused, ...fresh, ...begun });
}

/** Muted, health is kept and no incident opens; unmuted, an outage that goes on opens one. */
export async function muteWatchdog(tenant: Tenant, watchdog: Watchdog, muted: boolean): Promise<Watchdog> {
  return watchdog.muted === muted ? watchdog : change(tenant, watchdog, { muted, lookAt: raw('now()') });
}

/** Ends the signed URLs and makes new ones. */
export async function renewUrls(tenant: Tenant, tokens: Tokens, watchdog: Watchdog): Promise<Watchdog> {
  const generation = watchdog.generation + 1;
  return change(tenant, watchdog, { generation, ...hashes(tokens, { profileId: watchdog.profileId, generation }) });
}

async function change(
  tenant: Tenant,
  { profileId, version }: Watchdog,
  patch: PartialModelObject<WatchdogRow>,
): Promise<Watchdog> {
  await watchdogs(tenant)
    .where({ profileId })
    .patch({ ...patch, version: version + 1 });
  return watchdogs(tenant).findById(profileId).throwIfNotFound();
}

export async function listHealthEvents(tenant: Tenant, profileId: string): Promise<readonly HealthEvent[]> {
  return HealthEventRow.query(tenant.trx).where({ orgId: tenant.orgId, profileId }).orderBy('id', 'desc').limit(50);
}

/** Watchdogs that are worth a look; SKIP LOCKED lets two sweeps share the work. */
export async function takeDue(system: System, limit: number): Promise<readonly Watchdog[]> {
  return WatchdogRow.query(system.trx)
    .where('lookAt', '<=', raw('now()'))
    .orderBy('lookAt')
    .limit(limit)
    .forUpdate()
    .skipLocked();
}

/** What a look came to, for one watchdog. */
export interface Looked {
  readonly profileId: string;
  readonly health: Health;
  readonly healthAt: Date;
  readonly goodSignals: number;
  readonly episode: number;
  readonly openedEpisode: number;
  readonly endedEpisode: number;
  readonly fellAt: Date | null;
  readonly fellBecause: string | null;
  readonly lookAt: Date | null;
}

/** Keeps what looks came to, all in one statement. The rows are locked by whoever looked. */
export async function keepLooks({ trx }: System | Tenant, looks: readonly Looked[]): Promise<void> {
  await trx.raw(
    `update watchdogs w set health = r.health, health_at = r."healthAt", good_signals = r."goodSignals", episode = r.episode,
       opened_episode = r."openedEpisode", ended_episode = r."endedEpisode", fell_at = r."fellAt", fell_because = r."fellBecause",
       look_at = r."lookAt"
     from jsonb_to_recordset(?::jsonb) as r("profileId" text, health text, "healthAt" timestamptz, "goodSignals" int, episode int,
       "openedEpisode" int, "endedEpisode" int, "fellAt" timestamptz, "fellBecause" text, "lookAt" timestamptz)
     where w.profile_id = r."profileId"`,
    [JSON.stringify(looks)],
  );
}

export async function insertHealthEvents(
  { trx }: System | Tenant,
  events: readonly (Omit<HealthEvent, 'message'> & { readonly orgId: string; readonly profileId: string })[],
): Promise<void> {
  if (events.length > 0) await trx('agent_health_events').insert([...events]);
}

const outcome = {
  o_outcome: z.enum(['taken', 'unknown', 'retired', 'limited']),
  o_health: z.string(),
  o_paused: z.boolean(),
  o_muted: z.boolean(),
  o_fell: z.boolean(),
  o_retry_after: z.number(),
};
const taken = z.object({ rows: z.tuple([z.object(outcome)]) });
const takenByUrl = z.object({
  rows: z.tuple([z.object({ o_org: z.string(), o_profile: z.string(), ...outcome })]),
});
export interface Ping {
  readonly orgId: string;
  readonly profileId: string;
  readonly outcome: z.output<typeof outcome.o_outcome>;
  readonly health: Health;
  readonly paused: boolean;
  readonly muted: boolean;
  /** The signal began an outage. */
  readonly fell: boolean;
  readonly retryAfter: number;
}
const toPing = (row: z.output<typeof taken>['rows'][0], orgId: string, profileId: string): Ping => ({
  orgId,
  profileId,
  outcome: row.o_outcome,
  health: healths.find((health) => health === row.o_health) ?? 'new',
  paused: row.o_paused,
  muted: row.o_muted,
  fell: row.o_fell,
  retryAfter: row.o_retry_after,
});

/** Takes a signal in one statement, its transaction included. */
export async function takeSignal(
  { knex }: Database,
  given: {
    readonly orgId: string;
    readonly profileId: string;
    readonly signal: Signal;
    readonly progressToken: string | null;
    readonly message: string | null;
  },
): Promise<Ping> {
  const { orgId, profileId, signal, progressToken, message } = given;
  const bindings = [orgId, profileId, signal, progressToken, message];
  const answer: unknown = await knex.raw('select * from watchdog_ping(?, ?, ?, ?, ?)', bindings);
  return toPing(taken.parse(answer).rows[0], orgId, profileId);
}

/** The same for who holds the signed URL and no key. */
export async function takeSignalByUrl(
  { knex }: Database,
  hash: string,
  signal: Signal,
  progressToken: string | null,
): Promise<Ping> {
  const bindings = [hash, signal, progressToken];
  const [row] = takenByUrl.parse(await knex.raw('select * from watchdog_ping_url(?, ?, ?)', bindings)).rows;
  return toPing(row, row.o_org, row.o_profile);
}

const badge = z.array(z.object({ health: z.enum(healths), paused: z.boolean(), muted: z.boolean() }));

/** What a badge shows, to who holds its URL. */
export async function findBadge(
  database: Database,
  hash: string,
): Promise<{ readonly health: Health; readonly paused: boolean; readonly muted: boolean } | undefined> {
  return database.outsider(
    { tokenHash: hash },
    async ({ trx }) =>
      badge.parse(await trx('watchdogs').where({ badgeHash: hash }).select('health', 'paused', 'muted'))[0],
  );
}
