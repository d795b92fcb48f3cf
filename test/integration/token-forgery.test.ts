import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { base64url, decodeJwt, decodeProtectedHeader, exportJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { fromRunner } from '../rig/environment.js';
import { freshEmail, mailedToken, signUp, type PersonInTest } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
let person: PersonInTest;
let claims: JWTPayload;
let header: { alg: string; typ: string; kid: string };
const own = createPrivateKey(readFileSync(fromRunner('SESSION_KEY_FILE'), 'utf8'));
const foreign = generateKeyPairSync('ed25519');
beforeAll(async () => {
  rig = await openRig();
  person = await signUp(rig);
  claims = decodeJwt(person.token);
  header = z.object({ alg: z.string(), typ: z.string(), kid: z.string() }).parse(decodeProtectedHeader(person.token));
});
afterAll(() => rig.close());

async function me(token: string): Promise<string> {
  const answer = await rig.as(token).call('GET', '/auth/me');
  return answer.status === 200 ? 'admitted' : refusalOf(answer);
}
const forge = (
  changes: { header?: object; claims?: JWTPayload; key?: KeyObject | Uint8Array } = {},
  without: readonly string[] = [],
): Promise<string> => {
  const kept = Object.entries({ ...claims, ...changes.claims }).filter(([name]) => !without.includes(name));
  return new SignJWT(Object.fromEntries(kept))
    .setProtectedHeader({ ...header, ...changes.header })
    .sign(changes.key ?? own);
};
const REFUSED = '401 invalid_token';

test('a token made by hand under the right key is admitted: what the forgeries lack is one thing each', async () => {
  expect(await me(person.token)).toBe('admitted');
  expect(await me(await forge())).toBe('admitted');
});

test('a right signature over a wrong or missing claim is refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  const wrong: readonly JWTPayload[] = [
    { aud: 'https://other.example' },
    { iss: 'https://other.example' },
    { exp: now - 60 },
    { nbf: now + 3600 },
    { sid: 'ses_0000000000000000000000000' },
    { sub: 'usr_0000000000000000000000000' },
    { org: 'org_0000000000000000000000000' },
  ];
  for (const change of wrong) expect([change, await me(await forge({ claims: change }))]).toEqual([change, REFUSED]);
  for (const name of ['exp', 'sub', 'aud', 'iss', 'org', 'sid', 'auth_time'])
    expect([name, await me(await forge({}, [name]))]).toEqual([name, REFUSED]);
});

test('a right signature under a wrong type or key id is refused', async () => {
  for (const change of [{ typ: 'JWT' }, { typ: undefined }, { kid: 'another' }, { kid: '../../etc/passwd' }])
    expect([change, await me(await forge({ header: change }))]).toEqual([change, REFUSED]);
});

test('no algorithm but the pinned one is taken: not none, not an HMAC under the public key, not ECDSA', async () => {
  expect(await me(new UnsecuredJWT(claims).encode())).toBe(REFUSED);
  const publicKey = createPublicKey(own);
  for (const secret of [
    publicKey.export({ format: 'der', type: 'spki' }),
    Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })),
    base64url.decode((await exportJWK(publicKey)).x ?? ''),
  ])
    expect(await me(await forge({ header: { alg: 'HS256' }, key: new Uint8Array(secret) }))).toBe(REFUSED);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  expect(await me(await forge({ header: { alg: 'ES256' }, key: privateKey }))).toBe(REFUSED);
});

test('a key that a token brings along is not believed, in whatever header', async () => {
  const jwk = await exportJWK(foreign.publicKey);
  const headers = [
    {},
    { jwk },
    { kid: undefined, jwk },
    { jku: `${rig.base}/.well-known/jwks.json` },
    { x5u: 'https://attacker.example/cert.pem' },
    { kid: undefined },
  ];
  for (const change of headers)
    expect([change, await me(await forge({ header: change, key: foreign.privateKey }))]).toEqual([change, REFUSED]);
});

test('a changed byte, a swapped part and what is no token at all are refused', async () => {
  const [head = '', body = '', signature = ''] = person.token.split('.');
  const raised = base64url.encode(JSON.stringify({ ...claims, org: 'org_0000000000000000000000000' }));
  for (const token of [
    `${head}.${body}.${randomBytes(64).toString('base64url')}`,
    `${head}.${raised}.${signature}`,
    `${head}.${body}.`,
    `${head}.${body}`,
    'not.a.token',
    'x'.repeat(4000),
  ])
    expect([token.slice(0, 20), await me(token)]).toEqual([token.slice(0, 20), REFUSED]);
  expect(refusalOf(await rig.call('GET', '/auth/me'))).toBe('401 unauthenticated');
});

test('what is good for one purpose is no access token: the token of a mailed link, a refresh token', async () => {
  const email = freshEmail();
  expectAnswer(await rig.call('POST', '/auth/request', { email }), [202], z.unknown());
  expect(await me(await mailedToken(rig, email))).toBe(REFUSED);
  expect(await me(person.refreshToken)).toBe(REFUSED);
});

test('links are limited per network too, however many addresses are asked for', async () => {
  const answers = [];
  for (let i = 0; i < 62; i += 1) answers.push(await rig.call('POST', '/auth/request', { email: freshEmail() }));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.at(-1)?.status).toBe(429);
  for (const answer of refused) {
    expect(refusalOf(answer)).toBe('429 rate_limited');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
});
