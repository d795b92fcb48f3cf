import type { System, Tenant } from '../db/database.js';
import { mitigateRecovered } from '../incidents/mitigate-store.js';
import { openIncidents, type Report } from '../incidents/open.js';
import { reportOf } from '../incidents/report-store.js';
import { expect } from './calendar.js';
import { assess } from './rules.js';
import { insertHealthEvents, keepLooks, type Looked, type Watchdog } from './store.js';

export const dedupKeyOf = (profileId: string): string => `watchdog:${profileId}`;

interface Look {
  readonly before: Watchdog;
  readonly after: Looked;
  readonly events: Parameters<typeof insertHealthEvents>[1];
}

/**
 * Looks at watchdogs whose rows the transaction holds locked: what their silence means, one incident for each episode
 * with its true time, and the end of those whose agents came back. Statements do not grow with the number of watchdogs.
 */
export async function tend(
  scope: System | Tenant,
  watchdogs: readonly Watchdog[],
  now: Date,
): Promise<readonly { readonly incidentId: string; readonly profileId: string }[]> {
  if (watchdogs.length === 0) return [];
  const looks = watchdogs.map((watchdog) => look(watchdog, now));
  const fallen = looks.filter(({ before, after }) => owesIncident(before, after));
  const back = looks.filter(({ after }) => owesEnd(after));
  const opened = await openIncidents(
    scope,
    fallen.map(({ before, after }) => noticeOf(before, after, now)),
  );
  await mitigateRecovered(
    scope,
    back.map(({ before, after }) => ({
      ...{ orgId: before.orgId, dedupKey: dedupKeyOf(before.profileId), at: after.healthAt },
      key: `wd:${before.profileId}:${String(after.episode)}:recovered`,
    })),
    { actor: 'watchdog', reason: 'the agent is back' },
  );
  await insertHealthEvents(
    scope,
    looks.flatMap(({ events }) => events),
  );
  await keepLooks(
    scope,
    looks.map(({ before, after }) => ({
      ...after,
      openedEpisode: owesIncident(before, after) ? after.episode : after.openedEpisode,
      endedEpisode: owesEnd(after) ? after.episode : after.endedEpisode,
    })),
  );
  return opened.map(({ id }, index) => ({ incidentId: id, profileId: fallen[index]?.before.profileId ?? '' }));
}

const isFallen = ({ health }: Pick<Looked, 'health'>): boolean => health === 'down' || health === 'stuck';
const owesIncident = (before: Watchdog, after: Looked): boolean =>
  !before.muted && !before.paused && isFallen(after) && after.openedEpisode < after.episode;
const owesEnd = (after: Looked): boolean =>
  !isFallen(after) &&
  after.health !== 'new' &&
  after.openedEpisode === after.episode &&
  after.endedEpisode < after.episode;

function look(before: Watchdog, now: Date): Look {
  const from = Math.max(before.baselineAt.getTime(), before.lastSignalAt?.getTime() ?? 0);
  const assessment = assess(
    {
      ...{ health: before.health, paused: before.paused, episode: before.episode, goodSignals: before.goodSignals },
      progressAt: before.progressAt?.getTime() ?? null,
      stuckAfterMs: before.config.stuck_after_seconds === undefined ? null : before.config.stuck_after_seconds * 1000,
      ...expect(before.config, from),
    },
    now.getTime(),
  );
  const { health, goodSignals, episode, turns, lookAt } = assessment;
  const last = turns.at(-1);
  const fell = episode > before.episode && last !== undefined;
  const after: Looked = {
    ...{ profileId: before.profileId, health, goodSignals, episode },
    healthAt: last ? new Date(last.at) : before.healthAt,
    openedEpisode: before.openedEpisode,
    endedEpisode: before.endedEpisode,
    fellAt: fell ? new Date(last.at) : before.fellAt,
    fellBecause: fell ? last.health : before.fellBecause,
    lookAt: lookAt === null ? null : new Date(lookAt),
  };
  const events = turns.map((turn) => ({
    ...{ orgId: before.orgId, profileId: before.profileId, at: new Date(turn.at), kind: turn.health },
    because: turn.health === 'stuck' ? 'no progress' : 'no signal',
  }));
  return { before, after, events };
}

const titles: Readonly<Record<string, string>> = {
  down: 'An agent went silent',
  stuck: 'An agent makes no progress',
  fail: 'An agent reported a failure',
};

function noticeOf({ orgId, profileId, config }: Watchdog, after: Looked, now: Date): Report {
  const because = after.fellBecause ?? 'down';
  const notice = {
    orgId,
    title: titles[because] ?? 'An agent is down',
    kind: because === 'stuck' ? 'watchdog_stuck' : because === 'down' ? 'dark_agent' : 'watchdog_down',
    severity: config.severity,
    source: 'watchdog',
    dedupKey: dedupKeyOf(profileId),
    sourceKey: `wd:${profileId}:${String(after.episode)}`,
    agentProfileId: profileId,
    occurredAt: after.fellAt ?? now,
    by: 'watchdog',
  } as const;
  return reportOf(notice, now);
}
