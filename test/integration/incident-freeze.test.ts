import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkLifecycle } from '../../src/ledger/lifecycle.js';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { patch, registerAgent } from '../rig/agent.js';
import { assemble, join, type Cast, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, audit, attach, goodSubmission, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let admin: PersonInTest;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  admin = await join(rig, cast.owner, 'admin', true);
});
afterAll(() => rig.close());

const incident = z.looseObject({ id: z.string(), state: z.string() });
type Incident = z.output<typeof incident>;
const opening = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  title: 'The agent mailed a customer',
  kind: 'rogue_action',
  severity: 'sev2',
  ...changes,
});
const open = async (changes: Readonly<Record<string, unknown>> = {}): Promise<Incident> =>
  expectAnswer(await cast.owner.call('POST', '/incidents', opening(changes)), [201], incident);
const change = async (id: string, body: unknown, who: PersonInTest = cast.owner): Promise<Incident> =>
  expectAnswer(await patch(rig, who, `/incidents/${id}`, body), [200], incident);
/** From open to resolved by the owner. */
async function resolve(id: string): Promise<void> {
  for (const state of ['acknowledged', 'mitigated', 'resolved']) await change(id, { state });
}

test('an open critical incident stops the mint of its run, holds its evidence, and lets go once it is resolved', async () => {
  const run = await approvedRun(cast);
  const { id } = await open({ severity: 'sev1', links: { runs: [run] } });
  const refused = await cast.owner.call('POST', `/runs/${run}/receipt`);
  expect(refusalOf(refused)).toBe('423 incident_open');
  expect(JSON.stringify(refused.json)).toContain(id);
  expect((await cast.owner.call('GET', `/runs/${run}`)).json).toMatchObject({
    ...{ incidents: [id], incidents_open: 1, frozen: true },
  });
  const withdraw = (): Promise<unknown> =>
    rig.database.tenant(cast.owner.orgId, ({ trx }) =>
      trx('evidence')
        .where({ runId: run })
        .update({ state: 'withdrawn', custody: '[]' })
        .then(() => undefined),
    );
  await expect(withdraw()).rejects.toThrow('held by an open critical incident');
  await resolve(id);
  expect((await cast.owner.call('POST', `/runs/${run}/receipt`)).status).toBe(201);
  expect(await lifecycleFaults()).toEqual([]);
  // Whoever mints behind the freeze is found by the audit of the log.
  await rig.database.system(({ trx }) => trx('incident_freezes').where({ incidentId: id }).update({ untilAt: null }));
  expect(JSON.stringify(await lifecycleFaults())).toContain('no_open_critical_incident');
});

const lifecycleFaults = async (): Promise<unknown> =>
  eventually('the leaf', 10_000, async () => {
    const size = await rig.database
      .knex('ledger_leaf')
      .where({ logId: rig.logId })
      .then((rows: unknown[]) => rows.length);
    if (size === 0) throw new Error('not yet');
    const range = { logId: rig.logId, from: 0, to: size };
    return rig.database.system((system) => checkLifecycle(system, range));
  });

test('a critical incident of an agent locks it and freezes its runs; a person unlocks it after the incident is resolved', async () => {
  const agent = await registerAgent(cast.owner);
  const body = {
    project_id: cast.projectId,
    title: 'A run',
    flight_sheet: { slug: 'numeric-memo' },
    agent_profile: { id: agent },
  };
  const run = expectAnswer(await cast.owner.call('POST', '/runs', body), [201], z.object({ id: z.string() })).id;
  const { id } = await open({ severity: 'sev1', agent_profile_id: agent });
  const profile = z.looseObject({ state: z.string(), open_incidents: z.array(z.string()) });
  const locked = expectAnswer(await cast.owner.call('GET', `/agent-profiles/${agent}`), [200], profile);
  expect(locked).toMatchObject({ state: 'locked', open_incidents: [id] });
  expect((await cast.owner.call('GET', `/runs/${run}`)).json).toMatchObject({ frozen: true, incidents: [id] });
  const note = { incident_id: id, note: 'Prompt corrected.' };
  const unlock = (who: PersonInTest): Promise<Answer> => who.call('POST', `/agent-profiles/${agent}/unlock`, note);
  expect(refusalOf(await unlock(cast.owner))).toBe('409 incident_unresolved');
  expect(refusalOf(await patch(rig, cast.owner, `/agent-profiles/${agent}`, { state: 'active' }))).toBe(
    '409 invalid_transition',
  );
  await resolve(id);
  expect(refusalOf(await unlock(cast.reviewer))).toBe('403 forbidden');
  expect(expectAnswer(await unlock(admin), [200], profile)).toMatchObject({ state: 'active', open_incidents: [] });
});

test('the audit sees the incidents and the agent of its run', async () => {
  const agent = await registerAgent(cast.owner);
  const body = {
    project_id: cast.projectId,
    title: 'A run',
    flight_sheet: { slug: 'numeric-memo' },
    agent_profile: { id: agent },
  };
  const run = expectAnswer(await cast.owner.call('POST', '/runs', body), [201], z.object({ id: z.string() })).id;
  await attach(cast.owner, run);
  await cast.owner.call('POST', `/runs/${run}/submission`, goodSubmission());
  const { id } = await open({ severity: 'sev1', links: { runs: [run] } });
  const audited = await audit(cast.owner, run);
  const exported = await cast.owner.call('GET', `/runs/${run}/audits/${audited.id}/export`);
  expect(exported.json).toMatchObject({
    inputs: {
      incidents: [{ id, severity: 'sev1', is_open: true }],
      agent_profile: { id: agent, state: 'active', autonomy: 'suggest', tools: [{ name: 'search', scope: 'web' }] },
    },
  });
});
