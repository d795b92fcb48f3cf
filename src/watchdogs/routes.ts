import { z } from 'zod';
import { profileParams } from '../agent-profiles/schema.js';
import { recordEvent } from '../audit-log/store.js';
import type { OrgActor } from '../auth/actor.js';
import type { Tokens } from '../auth/tokens.js';
import { commandActor } from '../commands/actor.js';
import type { Database, Tenant } from '../db/database.js';
import { defineRoute, noBody, none, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone, caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { mayWrite } from '../orgs/policy.js';
import { badgeSvg } from './badge.js';
import { scheduleFault } from './calendar.js';
import { actionBody, pingQuery, signalBody, signalView, tokenParams, watchdogBody, watchdogView } from './schema.js';
import { receiveSignal, receiveSignalByUrl } from './signal.js';
import {
  configureWatchdog,
  findBadge,
  findWatchdog,
  listHealthEvents,
  lockWatchdog,
  muteWatchdog,
  pauseWatchdog,
  renewUrls,
  type Watchdog,
} from './store.js';
import { shownHealth, showWatchdog } from './view.js';

interface Deps {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly publicUrl: string;
}

export function watchdogRoutes(deps: Deps): readonly Route[] {
  return [...ownRoutes(deps), ...urlRoutes(deps)];
}

const found = (watchdog: Watchdog | undefined): Watchdog => {
  if (!watchdog) throw new Refusal('not_found', 'No such agent profile.');
  return watchdog;
};

function ownRoutes(deps: Deps): readonly Route[] {
  const { database, tokens } = deps;
  const show = async (tenant: Tenant, watchdog: Watchdog): Promise<z.input<typeof watchdogView>> =>
    showWatchdog(watchdog, await listHealthEvents(tenant, watchdog.profileId), deps);
  const change = (
    actor: OrgActor,
    request: RequestInfo,
    profileId: string,
    action: string,
    work: (tenant: Tenant, watchdog: Watchdog) => Promise<Watchdog>,
  ): Promise<z.input<typeof watchdogView>> =>
    database.tenant(actor.orgId, async (tenant) => {
      const changed = await work(tenant, found(await lockWatchdog(tenant, profileId)));
      await recordEvent(tenant, {
        actor: commandActor(actor, request),
        action: `watchdog.${action}`,
        target: profileId,
      });
      return show(tenant, changed);
    });
  const common = { path: '/agent-profiles/{profile_id}/watchdog', params: profileParams, query: none } as const;
  const writing = { auth: caller('agents:write'), may: mayWrite, response: watchdogView, status: 200 } as const;
  return [
    defineRoute({
      ...common,
      method: 'post',
      operationId: 'signalWatchdog',
      summary: 'A signal of the agent: heartbeat, start, success, fail, log, anomaly or alive',
      auth: caller('watchdog:ping'),
      may: mayWrite,
      body: signalBody,
      response: signalView,
      status: 200,
      refuses: ['forbidden', 'invalid_request', 'not_found', 'profile_retired', 'unknown_signal', 'rate_limited'],
      handle: async ({ actor, params, body }) => ({
        body: await receiveSignal(database, { orgId: actor.orgId, profileId: params.profile_id }, body),
      }),
    }),
    defineRoute({
      ...common,
      method: 'get',
      operationId: 'getWatchdog',
      summary: 'The health of an agent, what is awaited of it, and its signed URLs',
      auth: caller('agents:write'),
      may: mayWrite,
      body: noBody,
      response: watchdogView,
      status: 200,
      refuses: ['forbidden', 'not_found'],
      handle: async ({ actor, params }) => ({
        body: await database.tenant(actor.orgId, async (tenant) =>
          show(tenant, found(await findWatchdog(tenant, params.profile_id))),
        ),
      }),
    }),
    defineRoute({
      ...common,
      ...writing,
      method: 'put',
      operationId: 'configureWatchdog',
      summary: 'Say what is awaited of an agent; its clock begins again',
      body: watchdogBody,
      refuses: ['forbidden', 'invalid_request', 'not_found', 'invalid_schedule'],
      handle: async ({ actor, params, body, request }) => {
        const fault = scheduleFault(body);
        if (fault !== null) throw new Refusal('invalid_schedule', `The schedule can't be kept: ${fault}.`);
        return {
          body: await change(actor, request, params.profile_id, 'configured', (tenant, watchdog) =>
            configureWatchdog(tenant, watchdog, body),
          ),
        };
      },
    }),
    defineRoute({
      ...common,
      ...writing,
      method: 'post',
      path: '/agent-profiles/{profile_id}/watchdog/actions',
      operationId: 'actOnWatchdog',
      summary: 'Pause, resume, mute or unmute a watchdog, or end its signed URLs',
      body: actionBody,
      refuses: ['forbidden', 'invalid_request', 'not_found'],
      handle: async ({ actor, params, body: { action }, request }) => ({
        body: await change(actor, request, params.profile_id, action, (tenant, watchdog) => {
          switch (action) {
            case 'pause':
            case 'resume':
              return pauseWatchdog(tenant, watchdog, action === 'pause');
            case 'mute':
            case 'unmute':
              return muteWatchdog(tenant, watchdog, action === 'mute');
            case 'renew_urls':
              return renewUrls(tenant, tokens, watchdog);
          }
        }),
      }),
    }),
  ];
}

function urlRoutes({ database, tokens }: Deps): readonly Route[] {
  const common = { method: 'get', auth: anyone, params: tokenParams, body: noBody, status: 200 } as const;
  return [
    defineRoute({
      ...common,
      path: '/ping/{token}',
      operationId: 'pingByUrl',
      summary: 'A signal by signed URL, for agents that cannot hold a key',
      query: pingQuery,
      response: signalView,
      refuses: ['invalid_request', 'not_found', 'profile_retired', 'unknown_signal', 'rate_limited'],
      handle: async ({ params, query }) => {
        const given = { signal: query.signal, progressToken: query.progress_token ?? null };
        const body = await receiveSignalByUrl(database, tokens.hash(params.token), given);
        return { body: { ...body, incident_id: null }, headers: { 'Cache-Control': 'no-store' } };
      },
    }),
    defineRoute({
      ...common,
      path: '/badge/{token}',
      operationId: 'getBadge',
      summary: 'The health of an agent as a picture, by signed URL',
      query: none,
      response: z.string(),
      media: ['image/svg+xml'],
      refuses: ['not_found'],
      handle: async ({ params }) => {
        const badge = await findBadge(database, tokens.hash(params.token));
        if (!badge) throw new Refusal('not_found', 'No such badge.');
        const headers = { 'Cache-Control': 'no-cache, max-age=0' };
        return { media: 'image/svg+xml', content: badgeSvg(shownHealth(badge)), headers };
      },
    }),
  ];
}
