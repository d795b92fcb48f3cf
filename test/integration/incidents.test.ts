import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { incidentWorkflowId } from '../../src/incidents/durable.js';
import { patch, registerAgent } from '../rig/agent.js';
import { assemble, join, keyOf, type Cast, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let admin: PersonInTest;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  admin = await join(rig, cast.owner, 'admin', true);
});
afterAll(() => rig.close());

const incident = z.looseObject({
  id: z.string(),
  state: z.string(),
  severity: z.string(),
  version: z.number(),
  occurrences: z.number(),
  allowed: z.array(z.string()),
  mitigated_at: z.string().nullable(),
  article73: z.object({ deadline_at: z.string() }).nullable(),
  next_deadline: z.object({ kind: z.string(), at: z.string() }).nullable(),
});
type Incident = z.output<typeof incident>;
const detail = z.looseObject({
  ...incident.shape,
  timeline: z.array(z.object({ kind: z.string(), actor: z.looseObject({ id: z.string() }), body: z.looseObject({}) })),
  receipts: z.array(z.object({ id: z.string(), occasion: z.string() })),
});

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
const read = async (id: string): Promise<z.output<typeof detail>> =>
  expectAnswer(await cast.owner.call('GET', `/incidents/${id}`), [200], detail);

/** From open to resolved by the owner. */
async function resolve(id: string): Promise<void> {
  for (const state of ['acknowledged', 'mitigated', 'resolved']) await change(id, { state });
}

test('an incident goes step by step to its end, a second person closes it, and all of it is on the timeline', async () => {
  const { id } = await open();
  await resolve(id);
  const close = { state: 'closed', root_cause: 'The prompt allowed it.' };
  expect(refusalOf(await patch(rig, cast.owner, `/incidents/${id}`, close))).toBe('403 second_person');
  expect(refusalOf(await patch(rig, cast.reviewer, `/incidents/${id}`, close))).toBe('403 forbidden');
  expect(refusalOf(await patch(rig, admin, `/incidents/${id}`, { state: 'closed' }))).toBe('422 root_cause_required');
  expect(await change(id, close, admin)).toMatchObject({ state: 'closed', allowed: ['open'] });
  const { timeline } = await read(id);
  expect(timeline.map(({ kind }) => kind)).toEqual([
    'opened',
    'acknowledged',
    'mitigated',
    'resolved',
    'changed',
    'closed',
  ]);
  expect(timeline.at(-1)?.actor.id).toBe(admin.userId);
});

test('an illegal jump is refused with what is allowed, and nothing has changed', async () => {
  const { id, version } = await open();
  const answer = await patch(rig, cast.owner, `/incidents/${id}`, { state: 'closed' });
  expect([answer.status, answer.json]).toEqual([
    409,
    expect.objectContaining({
      code: 'invalid_transition',
      current_state: 'open',
      allowed: ['acknowledged', 'mitigated', 'cancelled'],
    }),
  ]);
  expect((await read(id)).version).toBe(version);
});

test('a change needs the ETag of what was read: 428 without, 412 with an old one, in both forms of the path', async () => {
  const { id, version } = await open();
  const body = { title: 'Better said' };
  expect(refusalOf(await patch(rig, cast.owner, `/incidents/${id}`, body, null))).toBe('428 precondition_required');
  const byBody = await patch(rig, cast.owner, '/incidents', { incident_id: id, ...body }, `"${String(version)}"`);
  expect(byBody.headers.get('etag')).toBe(`"${String(version + 1)}"`);
  const late = await patch(rig, cast.owner, `/incidents/${id}`, body, `"${String(version)}"`);
  expect(refusalOf(late)).toBe('412 precondition_failed');
});

test('the same key while the incident is open is told again, with two requests at once too, and opens anew afterwards', async () => {
  const tell = (): Promise<Answer> => cast.owner.call('POST', '/incidents', opening({ dedup_key: 'mail-loop' }));
  const answers = await Promise.all([tell(), tell(), tell()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  const ids = new Set(answers.map(({ json }) => incident.parse(json).id));
  expect(ids.size).toBe(1);
  const [id = ''] = ids;
  expect((await read(id)).occurrences).toBe(3);
  await change(id, { state: 'mitigated' });
  expect(incident.parse((await tell()).json)).toMatchObject({ id, state: 'open', occurrences: 4, mitigated_at: null });
  await change(id, { state: 'cancelled', reason: 'A drill.' });
  expect((await tell()).status).toBe(201);
});

test('times that contradict each other are refused', async () => {
  const hour = (ago: number): string => new Date(Date.now() - ago * 3_600_000).toISOString();
  const early = opening({ occurred_at: hour(1), detected_at: hour(2) });
  expect(refusalOf(await cast.owner.call('POST', '/incidents', early))).toBe('422 times_not_monotonic');
  const { id } = await open({ occurred_at: hour(2), detected_at: hour(1) });
  const mitigation = { state: 'mitigated', mitigated_at: hour(3) };
  expect(refusalOf(await patch(rig, cast.owner, `/incidents/${id}`, mitigation))).toBe('422 times_not_monotonic');
  expect(await change(id, { ...mitigation, mitigated_at: hour(0.5) })).toMatchObject({ state: 'mitigated' });
});

test('the Article 73 clock runs from awareness', async () => {
  const aware = new Date(Date.now() - 60_000).toISOString();
  const { article73 } = await open({ article73: { class: 'death' }, awareness_at: aware, occurred_at: aware });
  expect(article73?.deadline_at).toBe(new Date(Date.parse(aware) + 10 * 86_400_000).toISOString());
});

test('a viewer comments and changes nothing; a key does not close what is severe', async () => {
  const { id } = await open();
  const viewer = await join(rig, cast.owner, 'viewer', false);
  expect((await viewer.call('POST', `/incidents/${id}/comments`, { text: 'I saw it.' })).status).toBe(201);
  expect(refusalOf(await patch(rig, viewer, `/incidents/${id}`, { state: 'acknowledged' }))).toBe('403 forbidden');
  await resolve(id);
  const { secret } = await keyOf(rig, cast.owner, ['incidents:write']);
  const close = { state: 'closed', root_cause: 'Known.' };
  expect(refusalOf(await patch(rig, { token: secret }, `/incidents/${id}`, close))).toBe('403 human_required');
});

test('what it names must be there: runs, agents, people', async () => {
  const other = await assemble(rig);
  const agent = await registerAgent(other.owner);
  const foreign = { links: { runs: [await approvedRun(other)] } };
  expect(refusalOf(await cast.owner.call('POST', '/incidents', opening(foreign)))).toBe('404 not_found');
  expect(refusalOf(await cast.owner.call('POST', '/incidents', opening({ agent_profile_id: agent })))).toBe(
    '404 not_found',
  );
  const assignee = { assignee_id: other.owner.userId };
  expect(refusalOf(await cast.owner.call('POST', '/incidents', opening(assignee)))).toBe('422 unknown_person');
});

const receipt = z.object({ id: z.string(), stage: z.string(), revision: z.number() });

test('an incident has interim receipts at any time and one final, each superseding the one before', async () => {
  const { id } = await open({ severity: 'sev3' });
  const mint = (body?: unknown): Promise<Answer> => cast.owner.call('POST', `/incidents/${id}/receipt`, body);
  const first = expectAnswer(await mint(), [201], receipt);
  expect(first).toMatchObject({ stage: 'interim', revision: 1 });
  expect(expectAnswer(await mint({ stage: 'interim' }), [200], receipt).id).toBe(first.id);
  expect(refusalOf(await mint({ stage: 'final' }))).toBe('409 invalid_transition');
  await change(id, { state: 'acknowledged' });
  await change(id, { state: 'closed' });
  const final = expectAnswer(await mint(), [201], receipt);
  expect(final).toMatchObject({ stage: 'final', revision: 2 });
  expect(expectAnswer(await mint(), [200], receipt).id).toBe(final.id);
  expect((await read(id)).receipts.map(({ occasion }) => occasion)).toEqual([
    expect.stringContaining('interim'),
    'final',
  ]);
  const shown = await eventually('the entry', 10_000, async () => {
    const answer = await cast.owner.call('GET', `/receipts/${final.id}`);
    if (!z.object({ bundle: z.looseObject({}) }).safeParse(answer.json).success) throw new Error('not yet');
    return answer;
  });
  expect(shown.json).toMatchObject({ kind: 'incident' });
});

test('an incident whose workflow is gone is taken up again by its next command, a closed one by its reopening', async () => {
  const { id } = await open({ severity: 'sev3' });
  await rig.client.workflow.getHandle(incidentWorkflowId(id)).terminate();
  await change(id, { state: 'acknowledged' });
  await change(id, { state: 'closed' });
  await rig.client.workflow.getHandle(incidentWorkflowId(id)).terminate();
  const reopened = await change(id, { state: 'open', reason: 'It came back.' });
  expect(reopened).toMatchObject({ state: 'open', mitigated_at: null });
  expect((await read(id)).timeline.at(-1)?.kind).toBe('reopened');
});

test('metrics count the steps by severity, and a list can be asked for by its fields', async () => {
  const metrics = z.object({
    opened: z.number(),
    by_severity: z.array(z.looseObject({ severity: z.string(), acknowledge: z.looseObject({ count: z.number() }) })),
  });
  const measured = expectAnswer(await cast.owner.call('GET', '/incidents/metrics'), [200], metrics);
  expect(measured.by_severity.find(({ severity }) => severity === 'sev2')?.acknowledge.count).toBeGreaterThan(0);
  const list = z.object({ data: z.array(z.object({ severity: z.string() })), next_cursor: z.string().nullable() });
  const page = expectAnswer(await cast.owner.call('GET', '/incidents?severity=sev2&limit=1'), [200], list);
  expect(page.data).toEqual([expect.objectContaining({ severity: 'sev2' })]);
  expect(page.next_cursor).not.toBeNull();
});

test('an incident nobody acknowledges is escalated by mail, then to more people', async () => {
  const { id } = await open();
  await rig.database.system(({ trx }) =>
    trx('incidents')
      .where({ id })
      .update({ changedAt: trx.raw(`now() - interval '61 minutes'`), version: trx.raw('version + 1') }),
  );
  await rig.parts.client.workflow.getHandle(incidentWorkflowId(id)).signal('refresh');
  await eventually('the escalation', 10_000, async () => {
    const { timeline } = await read(id);
    if (!timeline.some(({ kind }) => kind === 'escalated')) throw new Error('not yet');
  });
  const mails: unknown = await rig.database.system(({ trx }) =>
    trx('outbox')
      .where({ template: 'incident_escalation' })
      .whereRaw(`params->>'incident_id' = ?`, [id])
      .select('recipient'),
  );
  expect(mails).toEqual(expect.arrayContaining([{ recipient: cast.reviewer.email }, { recipient: admin.email }]));
  const news: unknown = await rig.database.system(({ trx }) =>
    trx('outbox')
      .where({ template: 'incident_opened', recipient: cast.reviewer.email })
      .whereRaw(`params->>'incident_id' = ?`, [id])
      .select('template'),
  );
  expect(news).toEqual([{ template: 'incident_opened' }]);
});
