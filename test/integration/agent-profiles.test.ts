import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { snapshotDigest } from '../../src/agent-profiles/digest.js';
import { snapshotSchema } from '../../src/agent-profiles/schema.js';
import { expectAnswer } from '../../scripts/demo/client.js';
import { patch, registerAgent } from '../rig/agent.js';
import { listDisclosures } from '../../src/receipts/store.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const profile = z.looseObject({
  id: z.string(),
  state: z.string(),
  revision: z.number(),
  snapshot: z.object({ version: z.number(), digest: z.string() }),
  earned_lanes: z.array(z.string()),
});
const get = async (id: string): Promise<z.output<typeof profile>> =>
  expectAnswer(await cast.owner.call('GET', `/agent-profiles/${id}`), [200], profile);
const snapshots = z.object({
  data: z.array(z.object({ version: z.number(), digest: z.string(), snapshot: snapshotSchema })),
});

test('any change of an agent is a new snapshot, whose digest anybody can compute again; a state is none', async () => {
  const id = await registerAgent(cast.owner);
  const first = await get(id);
  const path = `/agent-profiles/${id}`;
  expectAnswer(await patch(rig, cast.owner, path, { version: '1.1' }, `"${String(first.revision)}"`), [200], profile);
  const paused = expectAnswer(await patch(rig, cast.owner, path, { state: 'paused' }), [200], profile);
  expect(paused).toMatchObject({ state: 'paused', snapshot: { version: 2 } });
  const { data } = expectAnswer(await cast.owner.call('GET', `${path}/snapshots`), [200], snapshots);
  expect(data.map(({ version }) => version)).toEqual([2, 1]);
  for (const { digest, snapshot } of data) expect(snapshotDigest(snapshot)).toBe(digest);
  expect(data[1]?.digest).toBe(first.snapshot.digest);
});

test('a change needs the ETag, a state moves by its table, and a field can be taken out', async () => {
  const id = await registerAgent(cast.owner, { provider: 'Someone' });
  const path = `/agent-profiles/${id}`;
  expect(refusalOf(await patch(rig, cast.owner, path, { version: '2' }, null))).toBe('428 precondition_required');
  expect(refusalOf(await patch(rig, cast.owner, path, { version: '2' }, '"99"'))).toBe('412 precondition_failed');
  expect(refusalOf(await patch(rig, cast.owner, path, { autonomy: 'whatever' }))).toBe('400 invalid_request');
  const without = expectAnswer(await patch(rig, cast.owner, path, { provider: null }), [200], profile);
  expect(without).not.toHaveProperty('provider');
  const back = await patch(rig, cast.owner, path, { state: 'draft' });
  expect([refusalOf(back), back.json]).toEqual([
    '409 invalid_transition',
    expect.objectContaining({ current_state: 'active', allowed: ['paused', 'locked', 'retired'] }),
  ]);
});

test('agents are found by model, tool, risk and state, and a name is taken once', async () => {
  const model = { name: 'm-large', revision: '7' };
  const risky = {
    name: 'Searched',
    model,
    risk_tier: 'critical',
    tools: [{ name: 'shell', scope: 'host', risk: 'critical' }],
  };
  const id = await registerAgent(cast.owner, risky);
  const list = z.object({ data: z.array(z.object({ id: z.string() })) });
  for (const query of ['model=m-large', 'tool=shell', 'risk=critical', 'tool=shell&state=active']) {
    const { data } = expectAnswer(await cast.owner.call('GET', `/agent-profiles?${query}`), [200], list);
    expect([query, data]).toEqual([query, [{ id }]]);
  }
  const none = expectAnswer(await cast.owner.call('GET', '/agent-profiles?tool=shell&state=draft'), [200], list);
  expect(none.data).toEqual([]);
  const again = await cast.owner.call('POST', '/agent-profiles', { ...risky, version: '1' });
  expect(refusalOf(again)).toBe('409 name_taken');
});

test('a run names its agent by the snapshot it had when the run was opened, and earns it the lane', async () => {
  const id = await registerAgent(cast.owner);
  const { snapshot } = await get(id);
  const runs = [];
  for (let i = 0; i < 3; i += 1) runs.push(await approvedRun(cast, { agent_profile: { id } }));
  await patch(rig, cast.owner, `/agent-profiles/${id}`, { version: '9' });
  const shown = await cast.owner.call('GET', `/runs/${runs[0] ?? ''}`);
  expect(shown.json).toMatchObject({ agent_profile: { id, digest: snapshot.digest }, incidents: [], frozen: false });
  const { lane } = z.looseObject({ lane: z.string() }).parse(shown.json);
  expect((await get(id)).earned_lanes).toEqual([lane]);
  const minted = await cast.owner.call('POST', `/runs/${runs[0] ?? ''}/receipt`);
  const { id: receiptId } = expectAnswer(minted, [201], z.looseObject({ id: z.string() }));
  const sealed = await rig.database.tenant(cast.owner.orgId, (tenant) => listDisclosures(tenant, receiptId));
  const digest = sealed.find(({ pointer }) => pointer === '/agentProfile/snapshotDigest')?.disclosure ?? '';
  expect(Buffer.from(digest, 'base64url').toString()).toContain(snapshot.digest);
});

test('a run cannot name an agent of another organization, nor a snapshot that never was', async () => {
  const other = await assemble(rig);
  const foreign = { id: await registerAgent(other.owner) };
  const unknown = { id: await registerAgent(cast.owner), digest: '0'.repeat(64) };
  for (const agent_profile of [foreign, unknown]) {
    const body = { project_id: cast.projectId, title: 'A run', flight_sheet: { slug: 'numeric-memo' }, agent_profile };
    expect(refusalOf(await cast.owner.call('POST', '/runs', body))).toBe('404 not_found');
  }
});
