import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { get } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { openCheckpoint, readCheckpointBody, readNote, readProofText } from '../../src/ledger/note.js';
import { listLogVerifiers } from '../../src/ledger/keys.js';
import { verifyConsistency, verifyInclusion } from '../../src/ledger/proof.js';
import { readBundle } from '../../src/ledger/tiles.js';
import { leafHash } from '../../src/ledger/tree.js';
import { queueLeaves } from '../rig/leaves.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

const SIZE = 600;
let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
  await queueLeaves(rig, 0, 300);
  await queueLeaves(rig, 300, SIZE);
});
afterAll(() => rig.close());

const inclusion = z.object({
  index: z.number(),
  tree_size: z.number(),
  leaf_hash: z.string(),
  root: z.string(),
  hashes: z.array(z.string()),
  grade: z.string(),
  checkpoint: z.string(),
});
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
const fetchPath = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${rig.base}${path}`, { headers });

/** The bytes as they come over the wire, with their encoding. */
const raw = (path: string, headers: Readonly<Record<string, string>>): Promise<{ encoding: string; body: Buffer }> =>
  new Promise((resolve, reject) => {
    get(`${rig.base}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ encoding: response.headers['content-encoding'] ?? '', body: Buffer.concat(chunks) });
      });
    }).on('error', reject);
  });

test('checkpoint, tiles and bundles have the paths, types and cache headers of tlog-tiles, for every origin', async () => {
  const checkpoint = await fetchPath('/ledger/checkpoint', { origin: 'https://elsewhere.example' });
  expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(checkpoint.headers.get('cache-control')).toBe('public, max-age=1');
  expect(checkpoint.headers.get('access-control-allow-origin')).toBe('*');
  const { size } = readCheckpointBody(readNote(await checkpoint.text()).body);
  expect(size).toBe(SIZE);
  const tile = await fetchPath('/ledger/tile/0/001');
  expect(tile.headers.get('content-type')).toBe('application/octet-stream');
  expect(tile.headers.get('cache-control')).toContain('immutable');
  const hashes = Buffer.from(await tile.arrayBuffer());
  const bundle = readBundle(Buffer.from(await (await fetchPath('/ledger/tile/entries/001')).arrayBuffer()));
  expect(hashes).toEqual(Buffer.concat(bundle.map(leafHash)));
  const partial = Buffer.from(await (await fetchPath('/ledger/tile/0/002.p/88')).arrayBuffer());
  expect(partial).toHaveLength(88 * 32);
  const top = Buffer.from(await (await fetchPath('/ledger/tile/1/000.p/2')).arrayBuffer());
  expect(top).toHaveLength(64);
});

test('a bundle travels compressed to whoever accepts it, a tile of hashes never', async () => {
  const bundle = await raw('/ledger/tile/entries/000', { 'accept-encoding': 'gzip' });
  expect(bundle.encoding).toBe('gzip');
  expect(readBundle(gunzipSync(bundle.body))).toHaveLength(256);
  expect((await raw('/ledger/tile/entries/000', {})).encoding).toBe('');
  expect((await raw('/ledger/tile/0/000', { 'accept-encoding': 'gzip' })).encoding).toBe('');
});

test('who has the bytes already is told so', async () => {
  const first = await fetchPath('/ledger/tile/0/000');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"/);
  await first.arrayBuffer();
  const second = await fetchPath('/ledger/tile/0/000', { 'if-none-match': `"other", ${etag}` });
  expect([second.status, (await second.arrayBuffer()).byteLength]).toEqual([304, 0]);
});

test('a partial tile that was never published is computed, and nothing beyond the published log is', async () => {
  const partial = await fetchPath('/ledger/tile/0/000.p/17');
  expect((await partial.arrayBuffer()).byteLength).toBe(17 * 32);
  await rig.ledgerObjects.remove('tile/entries/000');
  const lost = readBundle(Buffer.from(await (await fetchPath('/ledger/tile/entries/000')).arrayBuffer()));
  expect(lost).toHaveLength(256);
  for (const path of [
    '0/002',
    '0/002.p/89',
    'entries/003',
    '2/000.p/1',
    '0/000.p/256',
    '0/0',
    'x/000',
    '9/000',
    '0/%2e%2e/000',
  ])
    expect(refusalOf(await rig.call('GET', `/ledger/tile/${path}`))).toBe('404 not_found');
});

test('an inclusion proof is given by index and by digest, as JSON and as text, and verifies', async () => {
  for (const index of [0, 255, 256, 511, 599]) {
    const proof = expectAnswer(
      await rig.call('GET', `/ledger/proof/inclusion?index=${String(index)}`),
      [200],
      inclusion,
    );
    expect(proof).toMatchObject({ index, tree_size: SIZE, grade: 'logged' });
    const hashes = proof.hashes.map(bytes);
    expect(verifyInclusion(hashes, index, SIZE, bytes(proof.leaf_hash), bytes(proof.root))).toBe(true);
    const entry = expectAnswer(
      await rig.call('GET', `/ledger/entries/${String(index)}`),
      [200],
      z.object({ entry: z.string() }),
    );
    const digest = createHash('sha256').update(bytes(entry.entry)).digest('hex');
    const again = expectAnswer(await rig.call('GET', `/ledger/proof/inclusion?digest=${digest}`), [200], inclusion);
    expect(again).toEqual(proof);
    const found = expectAnswer(
      await rig.call('GET', `/ledger/entries?digest=${digest}`),
      [200],
      z.looseObject({ index: z.number() }),
    );
    expect(found.index).toBe(index);
    const text = await (
      await fetchPath(`/ledger/proof/inclusion?index=${String(index)}`, { accept: 'text/plain' })
    ).text();
    expect(readProofText(text)).toEqual({ index, hashes, checkpoint: proof.checkpoint });
  }
});

test('a proof for an older checkpoint leads to that one', async () => {
  const history = expectAnswer(
    await rig.call('GET', '/ledger/checkpoints?from=1&limit=1'),
    [200],
    z.object({
      data: z.tuple([z.object({ size: z.number(), root: z.string(), note: z.string() })]),
      next_from: z.number(),
    }),
  );
  const [{ size, root, note }] = history.data;
  expect(size).toBeGreaterThanOrEqual(1);
  const verifiers = await listLogVerifiers(rig.database.knex, rig.logId);
  expect(openCheckpoint(note, ...verifiers)).toEqual({ origin: rig.logId, size, root: bytes(root) });
  const proof = expectAnswer(
    await rig.call('GET', `/ledger/proof/inclusion?index=0&size=${String(size)}`),
    [200],
    inclusion,
  );
  expect(verifyInclusion(proof.hashes.map(bytes), 0, size, bytes(proof.leaf_hash), bytes(root))).toBe(true);
});

test('a consistency proof between any two sizes verifies', async () => {
  const consistency = z.object({ from_root: z.string(), to_root: z.string(), hashes: z.array(z.string()) });
  for (const [from, to] of [
    [0, 600],
    [1, 600],
    [255, 257],
    [256, 512],
    [300, 300],
    [511, 600],
  ] as const) {
    const path = `/ledger/proof/consistency?from=${String(from)}&to=${String(to)}`;
    const { from_root, to_root, hashes } = expectAnswer(await rig.call('GET', path), [200], consistency);
    expect(verifyConsistency(hashes.map(bytes), from, to, bytes(from_root), bytes(to_root))).toBe(true);
  }
});

test.each([
  ['/ledger/proof/inclusion', '400 invalid_request'],
  [`/ledger/proof/inclusion?index=1&digest=${'0'.repeat(64)}`, '400 invalid_request'],
  ['/ledger/proof/inclusion?index=600', '404 not_found'],
  ['/ledger/proof/inclusion?index=-1', '400 invalid_request'],
  ['/ledger/proof/inclusion?index=0&size=599', '404 not_found'],
  ['/ledger/proof/inclusion?index=0&grade=witnessed', '503 unavailable'],
  [`/ledger/proof/inclusion?digest=${'0'.repeat(64)}`, '404 not_found'],
  ['/ledger/proof/consistency?from=2&to=1', '400 invalid_request'],
  ['/ledger/proof/consistency?from=0&to=601', '400 invalid_request'],
  ['/ledger/entries?digest=abc', '400 invalid_request'],
  [`/ledger/entries?digest=${'0'.repeat(64)}`, '404 not_found'],
  ['/ledger/checkpoint?grade=witnessed', '404 not_found'],
  ['/ledger?since=yesterday', '400 invalid_request'],
  ['/ledger/verify?since=601', '400 invalid_request'],
  ['/ledger/verify?since=1&scope=full', '400 invalid_request'],
])('%s is refused with %s', async (path, refusal) => {
  expect(refusalOf(await rig.call('GET', path))).toBe(refusal);
});

test('the list can be walked to its end under a filter, and shows each entry once while the log grows', async () => {
  const page = z.object({ data: z.array(z.object({ index: z.number() })), next_cursor: z.number().nullable() });
  const seen: number[] = [];
  let cursor: number | null = SIZE;
  while (cursor !== null) {
    const path = `/ledger?kind=even&limit=100&since=2020-01-01T00:00:00Z&cursor=${String(cursor)}`;
    const answer: z.output<typeof page> = expectAnswer(await rig.call('GET', path), [200], page);
    seen.push(...answer.data.map(({ index }) => index));
    cursor = answer.next_cursor;
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => 598 - 2 * i));
  const none = expectAnswer(await rig.call('GET', '/ledger?until=2020-01-01T00:00:00Z'), [200], page);
  expect(none.data).toEqual([]);
});

test('the policy names both keys of the log, and asks for no witness where there is none', async () => {
  const text = await (await fetchPath('/ledger/policy')).text();
  const [first = '', second = '', quorum] = text.trimEnd().split('\n');
  for (const line of [first, second])
    expect(line).toMatch(new RegExp(`^log ${rig.logId.replaceAll('.', '\\.')}\\+[0-9a-f]{8}\\+`));
  expect(quorum).toBe('quorum none');
});
