import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, expectRefusal, type Answer } from '../../scripts/demo/client.js';
import { builtInCards } from '../../src/models/cards/library.js';
import { cardSha256, type ModelCard } from '../../src/models/card.js';
import { moveCard, publishCard } from '../../src/models/store.js';
import { listDisclosures } from '../../src/receipts/store.js';
import { assemble, join, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { approvedRun, openRun, receiptAnswer } from '../rig/run.js';

const page = z.object({
  data: z.array(z.object({ slug: z.string(), params_total: z.number() })),
  facets: z.record(z.string(), z.array(z.object({ value: z.string(), count: z.number() }))),
  next_cursor: z.string().nullable(),
});
const pin = z.object({
  id: z.string(),
  state: z.string(),
  card_sha256: z.string(),
  superseded_by: z.string().nullable(),
  receipt_id: z.string(),
  run_id: z.string().nullable(),
});
const pins = z.object({ data: z.array(pin), next_cursor: z.string().nullable() });

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const cardOf = (slug: string): ModelCard => {
  const card = builtInCards.find((one) => one.slug === slug);
  if (!card) throw new Error(`no card ${slug}`);
  return card;
};
const shaOf = (slug: string): string => cardSha256(cardOf(slug));
const search = async (query: string): Promise<z.output<typeof page>> =>
  expectAnswer(await rig.call('GET', `/models/catalog?${query}`), [200], page);

/** A request with headers of its own. */
async function ask(path: string, headers: Record<string, string>, body: unknown = {}): Promise<Answer> {
  const response = await fetch(rig.base + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${cast.owner.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

test('the catalog is read page by page without a credential, each model once', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const found: z.output<typeof page> = await search(`limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...found.data.map(({ slug }) => slug));
    cursor = found.next_cursor;
  }
  expect(seen).toEqual([...builtInCards.map(({ slug }) => slug)].sort());
  expectRefusal(await rig.call('GET', '/models/catalog?cursor=bm8'), 'invalid_request');
});

test('words, families, licences, languages and sizes narrow it, and the facets count what is left', async () => {
  expect((await search('q=mixtral')).data.map(({ slug }) => slug)).toEqual(['mixtral-8x7b-v0.1']);
  const qwen = await search('family=Qwen&licence=Apache-2.0');
  expect(qwen.data).toHaveLength(3);
  expect(qwen.facets['licence']).toEqual([{ value: 'Apache-2.0', count: 3 }]);
  const small = await search('max_params=2000000000&language=de');
  expect(small.data.map(({ slug }) => slug)).toEqual(['llama-3.2-1b', 'qwen2.5-0.5b']);
});

test('a card is served with the digest that a pin binds', async () => {
  const answer = await rig.call('GET', '/models/catalog/phi-4');
  expect(answer.headers.get('etag')).toBe(`"${shaOf('phi-4')}"`);
  expect(answer.json).toMatchObject({ hardware: { cache_bytes_per_token: 204_800 } });
  expectRefusal(await rig.call('GET', '/models/catalog/no-such-model'), 'not_found');
});

test.each(builtInCards)('the planner takes the request that the card of $slug gives', async ({ slug }) => {
  const view = z.object({ hardware: z.object({ assessment: z.object({ url: z.string(), body: z.unknown() }) }) });
  const { hardware } = view.parse((await rig.call('GET', `/models/catalog/${slug}`)).json);
  const { url, body } = hardware.assessment;
  expect(url.startsWith(rig.base)).toBe(true);
  const assessed = await rig.call('POST', url.slice(rig.base.length), body);
  expect([slug, assessed.status]).toEqual([slug, 200]);
});

test('a pin needs the digest that was read: as If-Match, in the body, and never another', async () => {
  const path = '/models/catalog/olmo-2-7b/pin';
  expectRefusal(await ask(path, {}), 'precondition_required');
  expectRefusal(await ask(path, { 'if-match': `"${'0'.repeat(64)}"` }), 'precondition_failed');
  expectRefusal(await ask(path, { 'if-match': 'nonsense' }), 'precondition_failed');
  expectRefusal(await ask(path, {}, { card_sha256: shaOf('olmo-2-7b'), revision: 'older' }), 'precondition_failed');
  expectAnswer(await ask(path, { 'if-match': `"${shaOf('olmo-2-7b')}"` }), [201], pin);
});

test('the same key gets the same pin and the same choice gets the pin in force: one receipt', async () => {
  const path = '/models/catalog/smollm2-1.7b/pin';
  const body = { card_sha256: shaOf('smollm2-1.7b') };
  const key = { 'idempotency-key': 'pin-once' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(path, key, body)));
  const ids = answers.map((answer) => expectAnswer(answer, [200, 201], pin).id);
  expect(new Set(ids).size).toBe(1);
  const again = expectAnswer(await ask(path, {}, body), [200], pin);
  expect(again.id).toBe(ids[0]);
  expectRefusal(await ask(path, key, { ...body, declaration: 'Another' }), 'idempotency_mismatch');
  const minted = await rig.database.tenant(cast.owner.orgId, ({ trx }) =>
    trx('receipts').where({ kind: 'model_pin', subjectId: again.id }).select('id'),
  );
  expect(minted).toEqual([{ id: again.receipt_id }]);
});

test('parallel pins of one model leave one in force', async () => {
  const path = '/models/catalog/gemma-2-9b/pin';
  const body = { card_sha256: shaOf('gemma-2-9b') };
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((declaration) => ask(path, {}, { ...body, declaration })));
  for (const answer of answers) expectAnswer(answer, [200, 201], pin);
  const { data } = expectAnswer(await cast.owner.call('GET', '/models/pins?slug=gemma-2-9b'), [200], pins);
  expect(data.filter(({ state }) => state === 'active')).toHaveLength(1);
  expect(data.filter(({ superseded_by }) => superseded_by !== null)).toHaveLength(3);
});

test('a card that changes refuses the old digest, and a new pin supersedes the old, which stays in the history', async () => {
  const path = '/models/catalog/mistral-7b-v0.3/pin';
  const first = expectAnswer(await ask(path, {}, { card_sha256: shaOf('mistral-7b-v0.3') }), [201], pin);
  const changed = { ...cardOf('mistral-7b-v0.3'), limits: ['Known better now.'] };
  await rig.database.system((system) => publishCard(system, changed));
  expectRefusal(await ask(path, {}, { card_sha256: shaOf('mistral-7b-v0.3') }), 'precondition_failed');
  const second = expectAnswer(await ask(path, {}, { card_sha256: cardSha256(changed) }), [201], pin);
  const { data } = expectAnswer(await cast.owner.call('GET', '/models/pins?slug=mistral-7b-v0.3'), [200], pins);
  expect(data.map(({ id, state }) => [id, state])).toEqual([
    [second.id, 'active'],
    [first.id, 'superseded'],
  ]);
});

test('a withdrawn model is not pinned any more, and its pins say so', async () => {
  const path = '/models/catalog/tinyllama-1.1b/pin';
  const body = { card_sha256: shaOf('tinyllama-1.1b') };
  const made = expectAnswer(await ask(path, {}, body), [201], pin);
  await rig.database.system((system) =>
    moveCard(system, { slug: 'tinyllama-1.1b', revision: '1431k-3T', state: 'withdrawn', because: 'tests' }),
  );
  expectRefusal(await ask(path, {}, { ...body, declaration: 'again' }), 'model_withdrawn');
  const read = expectAnswer(await cast.owner.call('GET', `/models/pins/${made.id}`), [200], pin);
  expect(read.state).toBe('withdrawn');
  expect((await search('q=tinyllama')).data).toEqual([]);
});

test("a run's pin is sealed into its receipt, and a receipted run takes no other", async () => {
  const runId = await approvedRun(cast);
  const path = '/models/catalog/qwen3-8b/pin';
  const body = { card_sha256: shaOf('qwen3-8b'), run_id: runId };
  expectAnswer(await ask(path, {}, body), [201], pin);
  const { id } = expectAnswer(await cast.owner.call('POST', `/runs/${runId}/receipt`), [201], receiptAnswer);
  const disclosed = await rig.database.tenant(cast.owner.orgId, (tenant) => listDisclosures(tenant, id));
  const sealed = disclosed.filter(({ pointer }) => pointer.startsWith('/pins/0'));
  const values = sealed.map(({ disclosure }) => Buffer.from(disclosure ?? '', 'base64url').toString());
  expect(values.some((value) => value.includes(shaOf('qwen3-8b')))).toBe(true);
  expectRefusal(await ask(path, {}, { ...body, declaration: 'late' }), 'invalid_transition');
});

test('a run of another organization answers like one that does not exist; viewers and strangers pin nothing', async () => {
  const stranger = await signUp(rig);
  const runId = await openRun(cast);
  const body = { card_sha256: shaOf('phi-4'), run_id: runId };
  expectRefusal(await stranger.call('POST', '/models/catalog/phi-4/pin', body), 'not_found');
  const viewer = await join(rig, cast.owner, 'viewer', false);
  expectRefusal(await viewer.call('POST', '/models/catalog/phi-4/pin', body), 'forbidden');
  const mine = expectAnswer(await cast.owner.call('POST', '/models/catalog/phi-4/pin', body), [201], pin);
  expectRefusal(await stranger.call('GET', `/models/pins/${mine.id}`), 'not_found');
  expectRefusal(
    await cast.owner.call('POST', '/models/catalog/phi-4/pin', { ...body, colour: 'red' }),
    'invalid_request',
  );
});
