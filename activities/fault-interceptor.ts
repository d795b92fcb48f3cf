import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { FaultPoint } from '../src/config.js';

/** Long enough for a test to kill somebody else meanwhile, short of the local activity's time-out. */
const HOLD_MS = 1200;

/**
 * A fault point for crash tests: once an activity has committed and before Temporal hears of it, the process dies
 * (kill) or waits (hold), the first time only. The configuration refuses it outside of tests.
 */
export function faultInterceptors(point: FaultPoint | undefined): ActivityInterceptorsFactory[] {
  if (!point) return [];
  const { effect, activity, marker } = point;
  const happen = async (): Promise<void> => {
    if (existsSync(marker)) return;
    writeFileSync(marker, effect);
    if (effect === 'kill') process.kill(process.pid, 'SIGKILL');
    await pause(HOLD_MS);
  };
  return [
    (context) => ({
      inbound: {
        async execute(input, next) {
          const result: unknown = await next(input);
          if (context.info.activityType === activity) await happen();
          return result;
        },
      },
    }),
  ];
}
