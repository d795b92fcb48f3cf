import type { z } from 'zod';
import type { Tokens } from '../auth/tokens.js';
import { expect } from './calendar.js';
import type { Health } from './rules.js';
import type { watchdogView } from './schema.js';
import { tokenOf, type HealthEvent, type Watchdog } from './store.js';

/** Paused and muted stand before what is observed. */
export const shownHealth = ({
  health,
  paused,
  muted,
}: {
  readonly health: Health;
  readonly paused: boolean;
  readonly muted: boolean;
}): Health | 'paused' | 'muted' => (paused ? 'paused' : muted ? 'muted' : health);

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

export function showWatchdog(
  watchdog: Watchdog,
  events: readonly HealthEvent[],
  { publicUrl, tokens }: { readonly publicUrl: string; readonly tokens: Tokens },
): z.input<typeof watchdogView> {
  const { config, paused, baselineAt, lastSignalAt } = watchdog;
  const from = Math.max(baselineAt.getTime(), lastSignalAt?.getTime() ?? 0);
  const { expectedAt, downAt } = paused ? { expectedAt: null, downAt: null } : expect(config, from);
  return {
    profile_id: watchdog.profileId,
    version: watchdog.version,
    config,
    health: shownHealth(watchdog),
    observed: watchdog.health,
    health_at: watchdog.healthAt.toISOString(),
    last_signal: watchdog.lastSignal,
    last_signal_at: lastSignalAt?.toISOString() ?? null,
    expected_at: iso(expectedAt),
    down_at: iso(downAt),
    episode: watchdog.episode,
    ping_url: `${publicUrl}/ping/${tokenOf(tokens, 'ping', watchdog)}`,
    badge_url: `${publicUrl}/badge/${tokenOf(tokens, 'badge', watchdog)}`,
    events: events.map(({ at, kind, because, message }) => ({ at: at.toISOString(), kind, because, message })),
  };
}
