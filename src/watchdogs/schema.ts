import { z } from 'zod';
import { severities } from '../incidents/rules.js';
import { healths, signals } from './rules.js';

const DAY = 86_400;
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const common = {
  grace_seconds: z
    .int()
    .min(0)
    .max(7 * DAY)
    .default(60),
  tz: z.string().max(60).default('UTC'),
  working_hours: z
    .strictObject({ days: z.array(z.int().min(1).max(7)).min(1).max(7), from: clock, to: clock })
    .optional()
    .meta({ description: 'Days 1 (Monday) to 7; outside them no time passes.' }),
  stuck_after_seconds: z
    .int()
    .min(1)
    .max(31 * DAY)
    .optional(),
  severity: z.enum(severities).default('sev3').meta({ description: 'Of the incident that an outage opens.' }),
  recover_after: z.int().min(1).max(100).default(1).meta({ description: 'Good signals in a row that end an outage.' }),
  auto_resume: z.boolean().default(false).meta({ description: 'Whether a signal ends a pause.' }),
};
export const watchdogBody = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('heartbeat'),
    period_seconds: z
      .int()
      .min(1)
      .max(31 * DAY),
    ...common,
  }),
  z.strictObject({ mode: z.literal('cron'), cron: z.string().min(9).max(100), ...common }),
  z.strictObject({ mode: z.literal('hook'), ...common }),
]);
export type WatchdogConfig = z.output<typeof watchdogBody>;
export const noWatch: WatchdogConfig = watchdogBody.parse({ mode: 'hook' });

/** A longer message is cut here and marked, not refused: an agent that fails badly may have much to say. */
const MESSAGE = 10 * 1024;
const CUT = ' [cut]';
export const cutMessage = (message: string): string =>
  message.length <= MESSAGE ? message : message.slice(0, MESSAGE - CUT.length) + CUT;

export const signalBody = z.strictObject({
  signal: z
    .string()
    .max(40)
    .meta({ description: `One of ${signals.join(', ')}.` }),
  run_ref: z.string().max(200).optional(),
  exit_code: z.int().optional().meta({ description: 'Other than 0 makes a success a failure.' }),
  progress_token: z.string().max(200).optional(),
  metrics: z.record(z.string().max(60), z.number()).optional(),
  message: z.string().optional(),
});
export type SignalBody = z.output<typeof signalBody>;
export const signalView = z
  .strictObject({
    health: z.enum([...healths, 'paused', 'muted']),
    observed: z.enum(healths),
    incident_id: z.string().nullable(),
  })
  .meta({ id: 'SignalAnswer' });
export const actionBody = z.strictObject({ action: z.enum(['pause', 'resume', 'mute', 'unmute', 'renew_urls']) });

const time = z.iso.datetime().nullable();
export const watchdogView = z
  .strictObject({
    profile_id: z.string(),
    version: z.int(),
    config: watchdogBody,
    health: z.enum([...healths, 'paused', 'muted']),
    observed: z.enum(healths),
    health_at: z.iso.datetime(),
    last_signal: z.string().nullable(),
    last_signal_at: time,
    expected_at: time,
    down_at: time,
    episode: z.int(),
    ping_url: z.url(),
    badge_url: z.url(),
    events: z.array(
      z.strictObject({ at: z.iso.datetime(), kind: z.string(), because: z.string(), message: z.string().nullable() }),
    ),
  })
  .meta({ id: 'Watchdog' });

export const tokenParams = z.strictObject({ token: z.string().regex(/^[\w-]{43}$/) });
export const pingQuery = z.strictObject({
  signal: z.string().max(40).default('heartbeat'),
  progress_token: z.string().max(200).optional(),
});
