import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../../scripts/demo/client.js';
import { eventually } from '../../scripts/stack/processes.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { patch, registerAgent } from '../rig/agent.js';
import { assemble, join, keyOf, signUp, type Cast } from '../rig/people.js';
import { openReceiver, type ReceivedLetter, type Receiver } from '../rig/receiver.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let receiver: Receiver;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  receiver = await openReceiver();
  await rig.client.workflow.start('keepWebhooks', {
    taskQueue: rig.parts.queues.core,
    workflowId: `webhooks:${rig.logId}`,
  });
});
afterAll(async () => {
  await rig.client.workflow.getHandle(`webhooks:${rig.logId}`).terminate();
  receiver.close();
  await rig.close();
});

const webhook = z.looseObject({
  id: z.string(),
  secret: z.string().nullable(),
  state: z.string(),
  revision: z.number(),
});
const told = z.object({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) });
type Told = z.output<typeof told>;

async function endpoint(events: readonly string[]): Promise<{ id: string; secret: string; path: string }> {
  const path = `/${crypto.randomUUID()}`;
  const made = await cast.owner.call('POST', '/webhooks', { url: receiver.url + path, events });
  const { id, secret } = expectAnswer(made, [201], webhook);
  return { id, secret: secret ?? '', path };
}
const lettersAt = (path: string): readonly ReceivedLetter[] => receiver.letters.filter((one) => one.path === path);
function read(secret: string, { headers, body }: ReceivedLetter): Told {
  const signed = {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  };
  return told.parse(new Webhook(secret).verify(body, signed));
}
const arrived = (path: string, count: number): Promise<readonly ReceivedLetter[]> =>
  eventually(`${String(count)} letters at ${path}`, 15_000, () => {
    const letters = lettersAt(path);
    if (letters.length < count) throw new Error(`${String(letters.length)} so far`);
    return Promise.resolve(letters);
  });
const deliveries = z.object({
  data: z.array(
    z.looseObject({
      id: z.string(),
      type: z.string(),
      object: z.string(),
      state: z.string(),
      attempts: z.array(z.looseObject({ status: z.number().nullable(), error: z.string().nullable() })),
    }),
  ),
  next_cursor: z.string().nullable(),
});
const logOf = async (id: string, query = ''): Promise<z.output<typeof deliveries>> =>
  expectAnswer(await cast.owner.call('GET', `/webhooks/${id}/deliveries${query}`), [200], deliveries);
const state = async (id: string): Promise<string> =>
  expectAnswer(await cast.owner.call('GET', `/webhooks/${id}`), [200], webhook.omit({ secret: true })).state;

/** Brings forward what waits, as two days of waiting would. */
async function hasten(id: string, attempts?: number): Promise<void> {
  const owner = operatorPool(rig.ownerUrl);
  try {
    await owner('webhook_deliveries')
      .where({ endpoint_id: id, state: 'waiting' })
      .update({ due_at: owner.fn.now(), ...(attempts === undefined ? {} : { attempts }) });
    await owner.raw('notify webhooks');
  } finally {
    await owner.destroy();
  }
}
const incident = z.looseObject({ id: z.string(), version: z.number() });
const openIncident = async (title: string): Promise<z.output<typeof incident>> =>
  expectAnswer(
    await cast.owner.call('POST', '/incidents', { title, kind: 'other', severity: 'sev4' }),
    [201],
    incident,
  );

test('a run tells of itself in order, signed, and with nothing but ids and states', async () => {
  const { secret, path } = await endpoint(['run.*', 'check.*', 'approval.*', 'receipt.issued']);
  const revoked = await endpoint(['receipt.revoked']);
  const run = await approvedRun(cast);
  expectAnswer(await cast.owner.call('POST', `/runs/${run}/receipt`), [200, 201], z.unknown());
  const { id: receipt } = expectAnswer(
    await cast.owner.call('POST', `/runs/${run}/receipt`),
    [200],
    z.looseObject({ id: z.string() }),
  );
  const gone = { status: 'revoked', reason: 'Issued by mistake.' };
  expectAnswer(await cast.owner.call('POST', `/receipts/${receipt}/annotations`, gone), [201, 202], z.unknown());
  await arrived(revoked.path, 1);
  expect(lettersAt(revoked.path).map((letter) => read(revoked.secret, letter))).toMatchObject([
    { type: 'receipt.revoked', data: { receipt_id: receipt, status: 'revoked' } },
  ]);
  const letters = (await arrived(path, 6)).map((letter) => read(secret, letter));
  expect(letters.map(({ type }) => type)).toEqual([
    'run.submitted',
    'run.audited',
    'check.opened',
    'approval.requested',
    'approval.decided',
    'receipt.issued',
  ]);
  for (const { type, data } of letters) {
    expect(Object.keys(data).sort()).toEqual(
      type === 'receipt.issued' ? ['kind', 'receipt_id', 'subject_id'] : ['run_id', 'state'],
    );
    expect(data['run_id'] ?? data['subject_id']).toBe(run);
  }
});

test('agents, incidents and the log tell too; who did not ask is told nothing', async () => {
  const all = await endpoint(['*']);
  const log = await endpoint(['ledger.checkpoint']);
  const agent = await registerAgent(cast.owner);
  expectAnswer(
    await cast.owner.call('POST', `/agent-profiles/${agent}/watchdog`, { signal: 'heartbeat' }),
    [200],
    z.unknown(),
  );
  const { id, version } = await openIncident('The secret project Narwhal went wrong');
  const change = { state: 'acknowledged' };
  expectAnswer(await patch(rig, cast.owner, `/incidents/${id}`, change, `"${String(version)}"`), [200], z.unknown());
  const letters = (await arrived(all.path, 3)).map((letter) => read(all.secret, letter));
  expect(letters.map(({ type }) => type)).toEqual(['agent.health.up', 'incident.opened', 'incident.acknowledged']);
  expect(letters[2]?.data).toMatchObject({ incident_id: id, state: 'acknowledged', severity: 'sev4' });
  expect(
    lettersAt(all.path)
      .map(({ body }) => body)
      .join(),
  ).not.toContain('Narwhal');
  const minted = await approvedRun(cast);
  expectAnswer(await cast.owner.call('POST', `/runs/${minted}/receipt`), [200, 201], z.unknown());
  const [checkpoint] = (await arrived(log.path, 1)).map((letter) => read(log.secret, letter));
  expect(checkpoint).toMatchObject({ type: 'ledger.checkpoint', data: { origin: rig.logId } });
});

test('a receiver that is down gets everything later, each object in order, none waiting for another', async () => {
  const { id, secret, path } = await endpoint(['incident.*']);
  let sick: unknown;
  receiver.answer(({ path: at, body }) => {
    if (at !== path) return 204;
    const { incident_id: about } = told.parse(JSON.parse(body)).data;
    sick ??= about;
    return about === sick ? 500 : 204;
  });
  const first = await openIncident('first');
  const change = { state: 'acknowledged' };
  const tag = `"${String(first.version)}"`;
  expectAnswer(await patch(rig, cast.owner, `/incidents/${first.id}`, change, tag), [200], z.unknown());
  const second = await openIncident('second');
  await eventually('the second through, the first put off', 15_000, async () => {
    const { data } = await logOf(id);
    const states = data.map(({ object, state: one }) => `${object === second.id ? 'second' : 'first'} ${one}`);
    expect(states).toEqual(['second delivered', 'first waiting', 'first waiting']);
    expect(data[2]?.attempts[0]).toMatchObject({ status: 500 });
  });
  receiver.answer(() => 204);
  await hasten(id);
  await eventually('the first through', 15_000, async () => {
    expect((await logOf(id, '?state=delivered')).data).toHaveLength(3);
  });
  const taken = lettersAt(path).map((letter) => read(secret, letter));
  const ofFirst = taken.filter(({ data }) => data['incident_id'] === first.id).map(({ type }) => type);
  expect(ofFirst.at(-1)).toBe('incident.acknowledged');
  expect(new Set(ofFirst.slice(0, -1))).toEqual(new Set(['incident.opened']));
  const page = await logOf(id, '?limit=2');
  expect(page.data).toHaveLength(2);
  expect((await logOf(id, `?limit=2&cursor=${page.next_cursor ?? ''}`)).data).toHaveLength(1);
});

test('410 disables an endpoint, so do two days of failure; enabled again, it gets what has waited', async () => {
  const { id, path } = await endpoint(['incident.opened']);
  receiver.answer(({ path: at }) => (at === path ? 410 : 204));
  await openIncident('gone');
  await eventually('disabled', 15_000, async () => {
    expect(await state(id)).toBe('disabled');
  });
  const dying = await endpoint(['incident.opened']);
  receiver.answer(({ path: at }) => (at === dying.path ? 500 : 204));
  await openIncident('failing');
  await openIncident('waiting');
  await arrived(dying.path, 1);
  await eventually('put off', 15_000, async () => {
    expect((await logOf(dying.id)).data.flatMap(({ attempts }) => attempts)).not.toEqual([]);
  });
  await hasten(dying.id, 8);
  await eventually('disabled after the last try', 15_000, async () => {
    expect(await state(dying.id)).toBe('disabled');
  });
  receiver.answer(() => 204);
  const shown = await cast.owner.call('GET', `/webhooks/${dying.id}`);
  const { revision } = expectAnswer(shown, [200], z.looseObject({ revision: z.number() }));
  expect(refusalOf(await cast.owner.call('PATCH', `/webhooks/${dying.id}`, { state: 'enabled' }))).toBe(
    '428 precondition_required',
  );
  const enabling = await patch(rig, cast.owner, `/webhooks/${dying.id}`, { state: 'enabled' }, `"${String(revision)}"`);
  expectAnswer(enabling, [200], z.looseObject({ state: z.literal('enabled'), because: z.null() }));
  await eventually('what has waited', 15_000, async () => {
    expect((await logOf(dying.id, '?state=waiting')).data).toEqual([]);
  });
  for (const { id: message } of (await logOf(dying.id, '?state=failed')).data)
    expectAnswer(
      await cast.owner.call('POST', `/webhooks/${dying.id}/deliveries/${message}/redeliver`),
      [202],
      z.unknown(),
    );
  await eventually('what had failed', 15_000, async () => {
    const { data } = await logOf(dying.id);
    expect(data.map(({ state: one }) => one)).toEqual(['delivered', 'delivered']);
  });
});

test('the test button works, a new secret overlaps the old one, and a deleted endpoint is silent', async () => {
  const { id, secret, path } = await endpoint(['receipt.issued']);
  expectAnswer(await cast.owner.call('POST', `/webhooks/${id}/test`), [202], z.unknown());
  const [first] = await arrived(path, 1);
  if (!first) throw new Error('no letter');
  expect(read(secret, first)).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } });
  const rotated = expectAnswer(await cast.owner.call('POST', `/webhooks/${id}/rotate-secret`, {}), [200], webhook);
  expect(rotated.secret).not.toBe(secret);
  expectAnswer(await cast.owner.call('POST', `/webhooks/${id}/test`), [202], z.unknown());
  const [, second] = await arrived(path, 2);
  if (!second) throw new Error('no letter');
  for (const known of [secret, rotated.secret ?? '']) expect(read(known, second).type).toBe('webhook.test');
  expectAnswer(await cast.owner.call('DELETE', `/webhooks/${id}`), [200], z.unknown());
  expect(refusalOf(await cast.owner.call('POST', `/webhooks/${id}/test`))).toBe('404 not_found');
});

test('only owners and admins keep endpoints, of their own organization, at addresses that are acceptable', async () => {
  const { id } = await endpoint(['*']);
  const member = await join(rig, cast.owner, 'member', false);
  const key = await keyOf(rig, cast.owner, ['read']);
  const stranger = await signUp(rig);
  const post = (by: Caller, body: unknown): Promise<string> => by.call('POST', '/webhooks', body).then(refusalOf);
  const fine = { url: 'https://example.org/hook', events: ['*'] };
  expect(await post(member, fine)).toBe('403 forbidden');
  expect(await post(key, fine)).toBe('403 human_required');
  expect(refusalOf(await stranger.call('GET', `/webhooks/${id}`))).toBe('404 not_found');
  expect(refusalOf(await stranger.call('DELETE', `/webhooks/${id}`))).toBe('404 not_found');
  expect(await post(cast.owner, { ...fine, url: 'http://example.org/hook' })).toBe('422 invalid_webhook_url');
  expect(await post(cast.owner, { ...fine, url: 'https://me:pass@example.org' })).toBe('422 invalid_webhook_url');
  expect(await post(cast.owner, { ...fine, url: 'ftp://example.org' })).toBe('400 invalid_request');
  expect(await post(cast.owner, { ...fine, events: ['run.made_up'] })).toBe('400 invalid_request');
});
