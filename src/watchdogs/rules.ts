export const healths = ['new', 'up', 'late', 'down', 'started', 'stuck'] as const;
export type Health = (typeof healths)[number];
export const signals = ['heartbeat', 'start', 'success', 'fail', 'log', 'anomaly', 'alive'] as const;
export type Signal = (typeof signals)[number];

/** What is known of an agent's health when somebody looks. Times in Unix ms. */
export interface Watch {
  readonly health: Health;
  readonly paused: boolean;
  readonly episode: number;
  readonly goodSignals: number;
  readonly progressAt: number | null;
  readonly stuckAfterMs: number | null;
  /** When the next signal is due, and when its absence is an outage; null where nothing is awaited. */
  readonly expectedAt: number | null;
  readonly downAt: number | null;
}
/** A change of health that nobody signalled: it happened at its own time, whenever it was noticed. */
export interface Turn {
  readonly health: 'late' | 'down' | 'stuck';
  readonly at: number;
}
export interface Assessment {
  readonly health: Health;
  readonly goodSignals: number;
  readonly episode: number;
  readonly turns: readonly Turn[];
  /** When to look again; null until something happens. */
  readonly lookAt: number | null;
}

/**
 * What the silence of an agent means at a time. A watch that was not looked at for an hour goes through the same turns,
 * at the same times, as one that was looked at every second.
 */
export function assess(watch: Watch, now: number): Assessment {
  const { health, episode, goodSignals } = watch;
  if (watch.paused) return { health, goodSignals, episode, turns: [], lookAt: null };
  if (health === 'down' || health === 'stuck') {
    // On the way back: good signals count only in a row.
    const isSilent = watch.downAt !== null && now >= watch.downAt;
    const lookAt = goodSignals > 0 && !isSilent ? watch.downAt : null;
    return { health, goodSignals: isSilent ? 0 : goodSignals, episode, turns: [], lookAt };
  }
  const stuckAt =
    watch.progressAt === null || watch.stuckAfterMs === null ? null : watch.progressAt + watch.stuckAfterMs;
  const awaited: readonly Turn[] = [
    ...(watch.expectedAt === null || health === 'late' ? [] : [{ health: 'late', at: watch.expectedAt } as const]),
    ...(watch.downAt === null ? [] : [{ health: 'down', at: watch.downAt } as const]),
    ...(stuckAt === null ? [] : [{ health: 'stuck', at: stuckAt } as const]),
  ];
  const inOrder = [...awaited].sort((a, b) => a.at - b.at || rank(a) - rank(b));
  const passed = inOrder.filter(({ at }) => at <= now);
  const end = passed.findIndex((turn) => turn.health !== 'late');
  const turns = end < 0 ? passed : passed.slice(0, end + 1);
  const last = turns.at(-1)?.health;
  const fell = last === 'down' || last === 'stuck';
  const next = inOrder.find(({ at }) => at > now)?.at ?? null;
  return {
    health: last ?? health,
    goodSignals: fell ? 0 : goodSignals,
    episode: fell ? episode + 1 : episode,
    turns,
    lookAt: fell ? null : next,
  };
}

const rank = ({ health }: Turn): number => (health === 'late' ? 0 : 1);
