import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createCaller, expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { incidentWorkflowId } from '../../src/incidents/durable.js';
import { letPass, patch, registerAgent, sweep, watch } from '../rig/agent.js';
import { assemble, keyOf, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const beat = { mode: 'heartbeat', period_seconds: 60, grace_seconds: 60 };
const signal = (agent: string, name = 'heartbeat', more: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  cast.owner.call('POST', `/agent-profiles/${agent}/watchdog`, { signal: name, ...more });
const watchdog = z.looseObject({
  health: z.string(),
  observed: z.string(),
  episode: z.number(),
  ping_url: z.string(),
  badge_url: z.string(),
  events: z.array(z.object({ at: z.string(), kind: z.string(), message: z.string().nullable() })),
});
const get = async (agent: string): Promise<z.output<typeof watchdog>> =>
  expectAnswer(await cast.owner.call('GET', `/agent-profiles/${agent}/watchdog`), [200], watchdog);
const incidents = z.object({
  data: z.array(
    z.looseObject({
      id: z.string(),
      state: z.string(),
      kind: z.string(),
      occurrences: z.number(),
      occurred_at: z.string(),
      detected_at: z.string(),
    }),
  ),
});
const incidentsOf = async (agent: string): Promise<z.output<typeof incidents>['data']> =>
  expectAnswer(await cast.owner.call('GET', `/incidents?agent_profile_id=${agent}`), [200], incidents).data;
const act = async (agent: string, action: string): Promise<void> => {
  const answer = await cast.owner.call('POST', `/agent-profiles/${agent}/watchdog/actions`, { action });
  expectAnswer(answer, [200], z.unknown());
};
async function watched(config: Readonly<Record<string, unknown>> = beat): Promise<string> {
  const agent = await registerAgent(cast.owner);
  await watch(cast.owner, agent, config);
  return agent;
}

test('an agent that goes silent is late, then down, with one incident at its true time, mitigated when it is back', async () => {
  const agent = await watched();
  expect((await signal(agent)).json).toMatchObject({ health: 'up', incident_id: null });
  await letPass(rig, agent, 90);
  await sweep(rig);
  expect((await get(agent)).health).toBe('late');
  expect(await incidentsOf(agent)).toEqual([]);
  await letPass(rig, agent, 60);
  await sweep(rig);
  expect((await get(agent)).health).toBe('down');
  const [incident, ...more] = await incidentsOf(agent);
  expect([incident, more]).toEqual([
    expect.objectContaining({ kind: 'dark_agent', state: 'open', occurrences: 1 }),
    [],
  ]);
  await signal(agent);
  await sweep(rig);
  expect((await get(agent)).health).toBe('up');
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ id: incident?.id, state: 'mitigated' })]);
});

test('a sweep that was away for an hour opens one incident, with the time at which the agent went dark', async () => {
  const agent = await watched();
  await signal(agent);
  await letPass(rig, agent, 3600);
  const before = Date.now();
  await sweep(rig);
  await sweep(rig);
  const all = await incidentsOf(agent);
  expect(all).toHaveLength(1);
  const { occurred_at, detected_at } = all[0] ?? { occurred_at: '', detected_at: '' };
  // Two minutes after a signal that is an hour old.
  expect(Math.abs(Date.parse(occurred_at) - (before - 3480_000))).toBeLessThan(10_000);
  expect(Date.parse(detected_at)).toBeGreaterThanOrEqual(before);
  const turns = (await get(agent)).events.map(({ kind, at }) => [kind, Date.parse(at)] as const);
  expect(turns.slice(0, 2).map(([kind]) => kind)).toEqual(['down', 'late']);
  expect((turns[0]?.[1] ?? 0) - (turns[1]?.[1] ?? 0)).toBe(60_000);
});

test('sweeps that overlap open one incident for each agent, and see all of them', async () => {
  const agents = [];
  for (let i = 0; i < 8; i += 1) agents.push(await watched());
  for (const agent of agents) await letPass(rig, agent, 600);
  const swept = await Promise.all([sweep(rig), sweep(rig), sweep(rig), sweep(rig)]);
  expect(swept.reduce((sum, { opened }) => sum + opened, 0)).toBe(8);
  for (const agent of agents) expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ occurrences: 1 })]);
});

test('a flapping agent has one incident until a person resolves it: good signals count only in a row', async () => {
  const agent = await watched({ ...beat, recover_after: 2 });
  for (let flap = 0; flap < 3; flap += 1) {
    await letPass(rig, agent, 600);
    await sweep(rig);
    await signal(agent);
  }
  expect((await get(agent)).episode).toBe(1);
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ state: 'open', occurrences: 1 })]);
  await signal(agent);
  await sweep(rig);
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ state: 'mitigated' })]);
  await letPass(rig, agent, 600);
  await Promise.all([sweep(rig), sweep(rig)]);
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ state: 'open', occurrences: 2 })]);
  expect((await get(agent)).episode).toBe(2);
});

test('a failure opens its incident with the signal, and says which; it happens once', async () => {
  const agent = await watched({ mode: 'hook', severity: 'sev2' });
  const first = z
    .object({ incident_id: z.string() })
    .parse((await signal(agent, 'fail', { message: 'Out of disk.' })).json);
  const again = await signal(agent, 'success', { exit_code: 3 });
  expect(again.json).toMatchObject({ health: 'down', incident_id: null });
  await sweep(rig);
  expect(await incidentsOf(agent)).toEqual([
    expect.objectContaining({ id: first.incident_id, kind: 'watchdog_down', severity: 'sev2', occurrences: 1 }),
  ]);
  expect((await get(agent)).events.map(({ message }) => message)).toContain('Out of disk.');
});

test('an anomaly opens an incident and leaves the health alone', async () => {
  const agent = await watched();
  await signal(agent);
  expect((await signal(agent, 'anomaly')).json).toMatchObject({
    health: 'up',
    incident_id: expect.stringMatching(/^inc_/),
  });
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ kind: 'rogue_action' })]);
});

test('a job that makes no progress is stuck, also when it signals; alive gives it more time', async () => {
  const agent = await watched({ mode: 'hook', stuck_after_seconds: 600 });
  await signal(agent, 'start');
  await signal(agent, 'heartbeat', { progress_token: 'step 1' });
  await letPass(rig, agent, 500);
  await signal(agent, 'alive');
  await letPass(rig, agent, 500);
  await signal(agent, 'heartbeat', { progress_token: 'step 1' });
  await sweep(rig);
  expect((await get(agent)).health).toBe('started');
  await letPass(rig, agent, 200);
  await signal(agent, 'heartbeat', { progress_token: 'step 1' });
  await sweep(rig);
  expect((await get(agent)).health).toBe('stuck');
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ kind: 'watchdog_stuck' })]);
});

test('a pause during an outage ends its clock and survives signals; resumed, the agent begins anew', async () => {
  const agent = await watched();
  await letPass(rig, agent, 600);
  await sweep(rig);
  await act(agent, 'pause');
  expect((await signal(agent)).json).toMatchObject({ health: 'paused' });
  await letPass(rig, agent, 6000);
  await sweep(rig);
  expect(await incidentsOf(agent)).toEqual([expect.objectContaining({ state: 'open', occurrences: 1 })]);
  await act(agent, 'resume');
  expect((await get(agent)).health).toBe('new');
  await sweep(rig);
  expect(await incidentsOf(agent)).toHaveLength(1);
});

test('a pause with auto_resume ends with a signal', async () => {
  const agent = await watched({ ...beat, auto_resume: true });
  await act(agent, 'pause');
  expect((await signal(agent)).json).toMatchObject({ health: 'up' });
});

test('muted, an outage is seen and opens nothing; unmuted, it does', async () => {
  const agent = await watched();
  await act(agent, 'mute');
  await letPass(rig, agent, 600);
  await sweep(rig);
  expect(await get(agent)).toMatchObject({ health: 'muted', observed: 'down' });
  expect(await incidentsOf(agent)).toEqual([]);
  await act(agent, 'unmute');
  await sweep(rig);
  expect(await incidentsOf(agent)).toHaveLength(1);
});

test('a nightly job is awaited by its own clock', async () => {
  const soon = new Date(Date.now() + 3_600_000);
  const cron = `${String(soon.getUTCMinutes())} ${String(soon.getUTCHours())} * * *`;
  const agent = await watched({ mode: 'cron', cron, grace_seconds: 600 });
  await signal(agent, 'success');
  await sweep(rig);
  const expected = z.object({ expected_at: z.string() }).parse(await get(agent)).expected_at;
  expect(Date.parse(expected) - Date.now()).toBeLessThan(3_660_000);
  await letPass(rig, agent, 86_400 + 7200);
  await sweep(rig);
  expect((await get(agent)).health).toBe('down');
});

test('signals are refused: sixty in a minute, an unknown one, of a retired agent, a bad schedule', async () => {
  const agent = await watched();
  const answers = [];
  for (let i = 0; i < 61; i += 1) answers.push(await signal(agent));
  expect(answers.slice(0, 60).every(({ status }) => status === 200)).toBe(true);
  expect(refusalOf(answers[60] ?? { status: 0, json: {} })).toBe('429 rate_limited');
  expect(Number(answers[60]?.headers.get('retry-after'))).toBeGreaterThan(0);
  const other = await watched();
  expect(refusalOf(await signal(other, 'hello'))).toBe('422 unknown_signal');
  const bad = { mode: 'cron', cron: '99 99 * * *' };
  expect(refusalOf(await cast.owner.call('PUT', `/agent-profiles/${other}/watchdog`, bad))).toBe(
    '422 invalid_schedule',
  );
  await patch(rig, cast.owner, `/agent-profiles/${other}`, { state: 'retired' });
  expect(refusalOf(await signal(other))).toBe('410 profile_retired');
});

test('signed URLs take signals and show a badge without a key, until they are renewed', async () => {
  const agent = await watched();
  const { ping_url: ping, badge_url: badge } = await get(agent);
  const nobody = createCaller('');
  expect((await nobody.call('GET', ping)).json).toMatchObject({ health: 'up' });
  const picture = await fetch(badge);
  expect(picture.headers.get('content-type')).toContain('image/svg+xml');
  expect(await picture.text()).toContain('agent: up');
  expect(refusalOf(await nobody.call('GET', badge.replace('/badge/', '/ping/')))).toBe('404 not_found');
  await act(agent, 'renew_urls');
  expect(refusalOf(await nobody.call('GET', ping))).toBe('404 not_found');
  expect((await fetch(badge)).status).toBe(404);
});

test('a key that may only signal signals and does nothing else; the agents of others are not there', async () => {
  const agent = await watched();
  const key = await keyOf(rig, cast.owner, ['watchdog:ping']);
  const path = `/agent-profiles/${agent}/watchdog`;
  expect((await key.call('POST', path, { signal: 'heartbeat' })).status).toBe(200);
  expect(refusalOf(await key.call('PUT', path, beat))).toBe('403 scope_missing');
  const other = await assemble(rig);
  expect(refusalOf(await other.owner.call('POST', path, { signal: 'fail' }))).toBe('404 not_found');
});

test('a critical watchdog locks its agent by itself, and the incident is attended by a workflow of its own', async () => {
  const agent = await watched({ ...beat, severity: 'sev1' });
  await letPass(rig, agent, 600);
  const handle = await rig.client.workflow.start('sweepWatchdogs', {
    taskQueue: rig.parts.queues.core,
    workflowId: `sweep-${agent}`,
  });
  expect(await handle.result()).toMatchObject({ opened: 1 });
  expect((await cast.owner.call('GET', `/agent-profiles/${agent}`)).json).toMatchObject({ state: 'locked' });
  const [incident] = await incidentsOf(agent);
  await eventually('the workflow of the incident', 10_000, async () => {
    const { status } = await rig.client.workflow.getHandle(incidentWorkflowId(incident?.id ?? '')).describe();
    if (status.name !== 'RUNNING') throw new Error(status.name);
  });
});

test('ten thousand agents that are due at once are looked at in one sweep, with an incident each', async () => {
  const crowd = await assemble(rig);
  const [agent] = [await registerAgent(crowd.owner)];
  await watch(crowd.owner, agent, beat);
  await rig.database.tenant(crowd.owner.orgId, async ({ trx }) => {
    await trx.raw(
      `insert into agent_profiles (id, org_id, name, state, snapshot_digest, snapshot, created_by)
       select 'agp_crowd' || n, org_id, 'crowd ' || n, 'active', snapshot_digest, snapshot, created_by
         from agent_profiles, generate_series(1, 10000) n where id = :agent`,
      { agent },
    );
    await trx.raw(
      `insert into watchdogs (profile_id, org_id, mode, config, period_seconds, look_at, baseline_at, ping_hash, badge_hash)
       select 'agp_crowd' || n, org_id, mode, config, period_seconds, now(), now() - interval '1 hour', 'p' || n, 'b' || n
         from watchdogs, generate_series(1, 10000) n where profile_id = :agent`,
      { agent },
    );
  });
  const swept = await Promise.all([sweep(rig), sweep(rig)]);
  expect(swept.reduce((sum, { opened }) => sum + opened, 0)).toBe(10_000);
  const counted: unknown = await rig.database.system(({ trx }) =>
    trx.raw(
      `select count(*)::int as incidents, count(distinct agent_profile_id)::int as agents from incidents where org_id = ?`,
      [crowd.owner.orgId],
    ),
  );
  expect(counted).toMatchObject({ rows: [{ incidents: 10_000, agents: 10_000 }] });
}, 60_000);
