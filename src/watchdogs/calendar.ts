import { Cron } from 'croner';
import type { WatchdogConfig } from './schema.js';

/** When a signal is due after another, and when its absence is an outage. Times in Unix ms. */
export interface Expectation {
  readonly expectedAt: number | null;
  readonly downAt: number | null;
}
const NOTHING: Expectation = { expectedAt: null, downAt: null };
/** More opening hours than any period that is allowed spans. */
const MAX_STEPS = 1000;

/**
 * What is awaited after a signal. Daylight saving is croner's: a local time that a spring skips comes when the gap ends,
 * one that an autumn repeats comes once. Outside working hours no time passes.
 */
export function expect(config: WatchdogConfig, from: number): Expectation {
  const graceMs = config.grace_seconds * 1000;
  switch (config.mode) {
    case 'hook':
      return NOTHING;
    case 'heartbeat': {
      const expectedAt = workingTime(config, from, config.period_seconds * 1000);
      return { expectedAt, downAt: workingTime(config, expectedAt, graceMs) };
    }
    case 'cron': {
      const next = nextRun(config.cron, config.tz, from);
      return next === null ? NOTHING : { expectedAt: next, downAt: workingTime(config, next, graceMs) };
    }
  }
}

const nextRun = (pattern: string, timezone: string, from: number): number | null =>
  new Cron(pattern, { timezone }).nextRun(new Date(from))?.getTime() ?? null;

/** The moment at which so much working time has passed. */
function workingTime({ tz, working_hours: hours }: WatchdogConfig, from: number, ms: number): number {
  if (!hours) return from + ms;
  const at = (time: string): string => {
    const [hour = '0', minute = '0'] = time.split(':');
    return `${String(Number(minute))} ${String(Number(hour))} * * ${hours.days.join(',')}`;
  };
  let now = from;
  let left = ms;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const opens = nextRun(at(hours.from), tz, now);
    const closes = nextRun(at(hours.to), tz, now);
    if (opens === null || closes === null) break;
    if (opens < closes) {
      now = opens;
    } else if (now + left <= closes) {
      return now + left;
    } else {
      left -= closes - now;
      now = closes;
    }
  }
  return now + left;
}

/** What is wrong with a schedule; null when it can be kept. */
export function scheduleFault(config: WatchdogConfig): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: config.tz });
  } catch {
    return `${config.tz} is no time zone`;
  }
  const { working_hours: hours } = config;
  if (hours && hours.from >= hours.to) return 'working hours end before they begin';
  if (config.mode !== 'cron') return null;
  try {
    return nextRun(config.cron, config.tz, Date.now()) === null ? 'the expression never comes' : null;
  } catch (error) {
    return error instanceof Error ? error.message : 'the expression cannot be read';
  }
}
