import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { administer } from '../rig/database.js';
import { assemble, freshEmail, mailedToken, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { attach, goodSubmission, openRun, refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
let runId: string;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
  runId = await openRun(cast);
});
afterAll(() => rig.close());

test('a name that is taken is refused, though Postgres withholds the detail of the violation', async () => {
  const create = () => cast.owner.call('POST', '/projects', { name: 'Taken' });
  expect((await create()).status).toBe(201);
  expect(refusalOf(await create())).toBe('409 name_taken');
});

test('a sign-in link works once, also when it is used many times at once; a newer one voids it', async () => {
  const email = freshEmail();
  const request = (): Promise<unknown> => rig.call('POST', '/auth/request', { email });
  await request();
  const first = await mailedToken(rig, email);
  await request();
  const second = await mailedToken(rig, email);
  expect(refusalOf(await rig.call('POST', '/auth/verify', { token: first }))).toBe('410 link_expired');
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => rig.call('POST', '/auth/verify', { token: second })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(refusalOf(await rig.call('POST', '/auth/verify', { token: second }))).toBe('410 link_used');
  expect(refusalOf(await rig.call('POST', '/auth/verify', { token: 'x'.repeat(43) }))).toBe('401 invalid_token');
});

test('an expired link is refused, and opening its page consumes nothing', async () => {
  const email = freshEmail();
  await rig.call('POST', '/auth/request', { email });
  const token = await mailedToken(rig, email);
  expect((await fetch(`${rig.base}/auth/verify?token=${token}`)).status).toBe(200);
  await administer(
    rig.ownerUrl,
    `update magic_links set expires_at = now() - interval '1 second' where email = '${email}'`,
  );
  expect(refusalOf(await rig.call('POST', '/auth/verify', { token }))).toBe('410 link_expired');
});

test('the database holds no token that works', async () => {
  const email = freshEmail();
  await rig.call('POST', '/auth/request', { email });
  const token = await mailedToken(rig, email);
  const rows = JSON.stringify([
    await rig.database.knex('magic_links'),
    await rig.database.system(({ trx }) => trx('outbox')),
  ]);
  expect(rows).toContain(email);
  expect(rows).not.toContain(token);
});

test('too many links for one address are refused with the time to wait', async () => {
  const email = freshEmail();
  for (let i = 0; i < 5; i += 1) expect((await rig.call('POST', '/auth/request', { email })).status).toBe(202);
  const answer = await rig.call('POST', '/auth/request', { email });
  expect(refusalOf(answer)).toBe('429 rate_limited');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
});

async function send(path: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<string> {
  const response = await fetch(`${rig.base}${path}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${cast.owner.token}`, 'content-type': type },
  });
  if (response.ok) return String(response.status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return refusalOf({ status: response.status, json: await response.json() });
}

test('bad bodies are refused for what they are', async () => {
  const path = '/projects';
  expect(await send(path, '{"name":"a","name":"b"}')).toBe('400 malformed_json');
  expect(await send(path, '{"name":NaN}')).toBe('400 malformed_json');
  expect(await send(path, '{"name":')).toBe('400 malformed_json');
  expect(await send(path, '{"name":"a","owner":"b"}')).toBe('400 invalid_request');
  expect(await send(path, '{"name":""}')).toBe('400 invalid_request');
  expect(await send(path, 'name=a', 'application/x-www-form-urlencoded')).toBe('415 unsupported_media_type');
  const calculations = '[{"name":"n","expression":"a","inputs":{"a":1},"claimed":1e400}]';
  expect(
    await send(
      `/runs/${runId}/submission`,
      `{"agent":{"name":"a","version":"1"},"output":"x","calculations":${calculations}}`,
    ),
  ).toBe('400 malformed_json');
  expect(
    await send(
      `/runs/${runId}/evidence`,
      JSON.stringify({ kind: 'note', label: 'big', content: 'x'.repeat(26_000_000) }),
    ),
  ).toBe('413 payload_too_large');
});

test('an unknown field is named by its pointer', async () => {
  const answer = await cast.owner.call('POST', '/projects', { name: 'a', colour: 'red' });
  expect(answer.json).toMatchObject({ errors: [{ path: '/colour', code: 'unknown_field' }] });
});

test('a wrong path is 404, a wrong method 405 with Allow, an unacceptable type 406', async () => {
  expect(refusalOf(await rig.call('GET', '/nothing/here'))).toBe('404 not_found');
  const wrong = await rig.call('PATCH', '/ledger', {});
  expect(refusalOf(wrong)).toBe('405 method_not_allowed');
  expect(wrong.headers.get('allow')).toContain('GET');
  expect((await fetch(`${rig.base}/share/${'x'.repeat(43)}`)).status).toBe(404);
});

test('evidence that lies about its digest, its time or its address is refused', async () => {
  const evidence = (changes: object): Promise<string> =>
    send(`/runs/${runId}/evidence`, JSON.stringify({ kind: 'note', label: 'l', content: 'c', ...changes }));
  expect(await evidence({ client_sha256: '0'.repeat(64) })).toBe('422 hash_mismatch');
  expect(await evidence({ captured_at: '2999-01-01T00:00:00Z' })).toBe('422 captured_in_future');
  expect(await evidence({ kind: 'url', content: 'file:///etc/passwd' })).toBe('422 invalid_evidence');
  expect(await evidence({ kind: 'url', content: 'http://169.254.169.254/latest' })).toBe('201');
});

test('a submission that cites foreign evidence is refused; the same bytes twice are one item', async () => {
  const own = await openRun(cast);
  const first = await attach(cast.owner, own, 'twice');
  expect(await attach(cast.owner, own, 'twice')).toBe(first);
  const foreign = goodSubmission({
    claims: [{ text: 'c', evidence_ids: [await attach(cast.owner, runId, 'other run')] }],
  });
  expect(refusalOf(await cast.owner.call('POST', `/runs/${own}/submission`, foreign))).toBe('422 unknown_evidence');
});

const upload = (
  fields: Record<string, string>,
  file?: { name: string; bytes: Uint8Array<ArrayBuffer> },
): Promise<Response> => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  if (file) form.set('file', new Blob([file.bytes]), file.name);
  return fetch(`${rig.base}/runs/${runId}/evidence/upload`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${cast.owner.token}` },
  });
};
const refused = async (response: Response): Promise<string> =>
  refusalOf({ status: response.status, json: await response.json() });
const fields = { kind: 'file', label: 'upload' };

test('an upload is stored under its digest, and its name is only shown', async () => {
  const bytes = randomBytes(6_000_000);
  const response = await upload(fields, { name: '../../etc/pass\u0001wd.bin', bytes: new Uint8Array(bytes) });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({ filename: 'passwd.bin', filename_sanitized: true, size: bytes.length });
});

test('bad uploads are refused and leave nothing behind', async () => {
  const file = { name: 'a.bin', bytes: new Uint8Array([1, 2, 3]) };
  expect(await refused(await upload(fields))).toBe('400 invalid_upload');
  expect(await refused(await upload(fields, { name: 'empty', bytes: new Uint8Array() }))).toBe('400 empty_file');
  expect(await refused(await upload({ ...fields, client_sha256: 'f'.repeat(64) }, file))).toBe('422 hash_mismatch');
  expect(await refused(await upload({ ...fields, colour: 'red' }, file))).toBe('400 invalid_request');
  expect(await refused(await upload({ kind: 'nonsense', label: 'x' }, file))).toBe('400 invalid_request');
  expect(await refused(await upload(fields, { name: 'big', bytes: new Uint8Array(26 * 1024 * 1024) }))).toBe(
    '413 payload_too_large',
  );
});

test('an upload that is cut off, or shorter than it says, becomes no evidence', async () => {
  const before = (await cast.owner.call('GET', `/runs/${runId}`)).json;
  const socket = connect(Number(new URL(rig.base).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.resume();
  const head = `POST /runs/${runId}/evidence/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${cast.owner.token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n`;
  socket.write(
    `${head}--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nfile\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhalf a file`,
  );
  socket.end();
  await once(socket, 'close');
  const lying = await fetch(`${rig.base}/runs/${runId}/evidence/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cast.owner.token}`, 'content-type': 'multipart/form-data; boundary=b' },
    body: '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nno closing boundary',
  });
  expect(await refused(lying)).toBe('400 invalid_upload');
  expect((await cast.owner.call('GET', `/runs/${runId}`)).json).toEqual(before);
});
