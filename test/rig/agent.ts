import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { createWatchdogActivities } from '../../activities/watchdogs.js';
import { createCaller, expectAnswer, type Answer, type Caller } from '../../scripts/demo/client.js';
import type { Rig } from './rig.js';

const id = z.object({ id: z.string() });

/** A PATCH under an ETag; without one, whatever the version. */
export function patch(
  rig: Pick<Rig, 'base'>,
  { token }: { readonly token: string },
  path: string,
  body: unknown,
  etag: string | null = '*',
): Promise<Answer> {
  return createCaller(rig.base, token).call('PATCH', path, body, etag === null ? {} : { 'if-match': etag });
}

let names = 0;

/** An active agent of an organization, allowed in every lane of the tests. */
export async function registerAgent(caller: Caller, changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  names += 1;
  const body = {
    name: `Agent ${String(names)}`,
    version: '1.0',
    state: 'active',
    allowed_lanes: ['agent', 'other'],
    tools: [{ name: 'search', scope: 'web', risk: 'low' }],
    ...changes,
  };
  return expectAnswer(await caller.call('POST', '/agent-profiles', body), [201], id).id;
}

export async function watch(caller: Caller, agent: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  expectAnswer(await caller.call('PUT', `/agent-profiles/${agent}/watchdog`, config), [200], z.unknown());
}

/** Moves what is known of an agent into the past: as if so many seconds had gone by since. */
export async function letPass(rig: Pick<Rig, 'database'>, agent: string, seconds: number): Promise<void> {
  await rig.database.system(({ trx }) =>
    trx.raw(
      `update watchdogs set baseline_at = baseline_at - make_interval(secs => :seconds),
         last_signal_at = last_signal_at - make_interval(secs => :seconds), look_at = look_at - make_interval(secs => :seconds),
         progress_at = progress_at - make_interval(secs => :seconds), window_start = null
       where profile_id = :agent`,
      { agent, seconds },
    ),
  );
}

/** One sweep over every watchdog that is due. */
export async function sweep({ database }: Pick<Rig, 'database'>): Promise<{ looked: number; opened: number }> {
  const activities = createWatchdogActivities({ database });
  return new MockActivityEnvironment().run(() => activities.sweepWatchdogs());
}
