import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer, type Answer } from '../../scripts/demo/client.js';
import { requestLink } from '../../src/auth/sign-in.js';
import { administer } from '../rig/database.js';
import { assemble, freshEmail, join, mailedToken, signUp, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { refusalOf } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const session = z.object({ access_token: z.string(), refresh_token: z.string() });
const me = async (token: string): Promise<string> => {
  const answer = await rig.as(token).call('GET', '/auth/me');
  return answer.status === 200 ? 'admitted' : refusalOf(answer);
};
const refreshWith = (token: string): Promise<Answer> => rig.call('POST', '/auth/refresh', { refresh_token: token });
const mail = z.object({ data: z.array(z.object({ text: z.string() })) });

test('a refresh token works once; its second use ends the whole session', async () => {
  const person = await signUp(rig);
  const second = expectAnswer(await refreshWith(person.refreshToken), [200], session);
  expect(await me(second.access_token)).toBe('admitted');
  const third = expectAnswer(await refreshWith(second.refresh_token), [200], session);
  expect(refusalOf(await refreshWith(second.refresh_token))).toBe('401 invalid_token');
  expect(refusalOf(await refreshWith(third.refresh_token))).toBe('401 invalid_token');
  for (const { access_token } of [second, third]) expect(await me(access_token)).toBe('401 invalid_token');
});

test('of many parallel uses of one refresh token at most one is answered with another', async () => {
  const person = await signUp(rig);
  const answers = await Promise.all(Array.from({ length: 12 }, () => refreshWith(person.refreshToken)));
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  expect(await me(person.token)).toBe('401 invalid_token');
});

test('signing out ends the session at once and no other', async () => {
  const person = await signUp(rig);
  const other = expectAnswer(
    await person.call('POST', '/auth/switch', { org_id: person.orgId }),
    [200],
    session,
  ).access_token;
  const listed = z.object({ data: z.array(z.object({ id: z.string(), current: z.boolean() })) });
  const { data } = expectAnswer(await person.call('GET', '/auth/sessions'), [200], listed);
  expect(data.filter(({ current }) => current)).toHaveLength(1);
  expect(data).toHaveLength(2);
  expectAnswer(await person.call('POST', '/auth/sign-out'), [200], z.object({ ended: z.literal(1) }));
  expect(await me(person.token)).toBe('401 invalid_token');
  expect(await me(other)).toBe('admitted');
  expect(refusalOf(await refreshWith(person.refreshToken))).toBe('401 invalid_token');
});

test('somebody else cannot end a session, and learns nothing of it', async () => {
  const person = await signUp(rig);
  const listed = z.object({ data: z.tuple([z.object({ id: z.string() })]) });
  const [{ id }] = expectAnswer(await person.call('GET', '/auth/sessions'), [200], listed).data;
  expect(refusalOf(await cast.owner.call('DELETE', `/auth/sessions/${id}`))).toBe('404 not_found');
  expect(refusalOf(await cast.reviewer.call('DELETE', `/auth/sessions/${id}`))).toBe('404 not_found');
  expect(await me(person.token)).toBe('admitted');
});

test('fifty parallel verifications of one link give one sign-in', async () => {
  const email = freshEmail();
  await rig.call('POST', '/auth/request', { email });
  const token = await mailedToken(rig, email);
  const answers = await Promise.all(Array.from({ length: 50 }, () => rig.call('POST', '/auth/verify', { token })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(new Set(answers.filter(({ status }) => status !== 200).map(refusalOf))).toEqual(new Set(['410 link_used']));
});

test('the code of a mail signs in on another device, once, and five wrong guesses close it', async () => {
  const codeFor = async (email: string): Promise<string> => {
    await rig.call('POST', '/auth/request', { email });
    const { data } = expectAnswer(await rig.call('GET', `/dev/mailbox?to=${encodeURIComponent(email)}`), [200], mail);
    return /code instead: (\d{6})/.exec(data[0]?.text ?? '')?.[1] ?? '';
  };
  const email = freshEmail();
  const code = await codeFor(email);
  expect(refusalOf(await rig.call('POST', '/auth/verify', { email: freshEmail(), code }))).toBe('401 invalid_token');
  expectAnswer(await rig.call('POST', '/auth/verify', { email, code }), [200], session);
  expect(refusalOf(await rig.call('POST', '/auth/verify', { email, code }))).toBe('401 invalid_token');
  const guessed = freshEmail();
  const right = await codeFor(guessed);
  const wrong = right === '000000' ? '111111' : '000000';
  await Promise.all(Array.from({ length: 5 }, () => rig.call('POST', '/auth/verify', { email: guessed, code: wrong })));
  expect(refusalOf(await rig.call('POST', '/auth/verify', { email: guessed, code: right }))).toBe('401 invalid_token');
});

test('the button of a mailed link signs in by a form post and shows the token to whoever pressed it', async () => {
  const email = freshEmail();
  await rig.call('POST', '/auth/request', { email });
  const token = await mailedToken(rig, email);
  const landing = await (await fetch(`${rig.base}/auth/verify?token=${token}`)).text();
  expect(landing).toContain('<form method="post" action="/auth/verify">');
  const pressed = await fetch(`${rig.base}/auth/verify`, {
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }).toString(),
  });
  expect(pressed.status).toBe(200);
  expect(pressed.headers.get('cache-control')).toBe('no-store');
  const access = /<pre>([\w.-]+)<\/pre>/.exec(await pressed.text())?.[1] ?? '';
  expect(await me(access)).toBe('admitted');
});

test('an unknown address costs the same statements as a known one where only the invited may sign in, and no mail is sent', async () => {
  const known = cast.owner.email;
  const unknown = freshEmail();
  for (const email of [known, unknown]) await requestLink({ ...rig.parts, signUp: 'invited' }, email);
  const rows = await rig.database.system(({ trx }) =>
    trx('outbox').whereIn('recipient', [known, unknown]).where({ template: 'sign_in' }).orderBy('createdAt', 'desc'),
  );
  const sent = z.array(z.object({ recipient: z.string(), sentAt: z.date().nullable() })).parse(rows);
  expect(sent.find(({ recipient }) => recipient === unknown)?.sentAt).toBeInstanceOf(Date);
  expect(sent.find(({ recipient }) => recipient === known)?.sentAt).toBeNull();
});

test('an invitation can be sent again, which ends the earlier link, and withdrawn, which ends them all', async () => {
  const email = freshEmail();
  const invited = z.object({ id: z.string() });
  const { id } = expectAnswer(await cast.owner.call('POST', '/org/invites', { email, role: 'member' }), [201], invited);
  const first = await mailedToken(rig, email);
  expectAnswer(await cast.owner.call('POST', `/org/invites/${id}/resend`), [200], invited);
  const second = await mailedToken(rig, email);
  expect(refusalOf(await rig.call('POST', '/auth/accept-invite', { token: first }))).toBe('401 invalid_token');
  expectAnswer(await cast.owner.call('DELETE', `/org/invites/${id}`), [200], z.object({ state: z.literal('revoked') }));
  expect(refusalOf(await rig.call('POST', '/auth/accept-invite', { token: second }))).toBe('410 link_expired');
  expect(refusalOf(await cast.owner.call('POST', `/org/invites/${id}/resend`))).toBe('409 invalid_transition');
});

test('a demoted person loses the right and a removed one all access at once, though their tokens have not expired', async () => {
  const { owner } = cast;
  const person = await join(rig, owner, 'admin', true);
  const role = (body: object): Promise<Answer> => owner.call('PUT', `/org/members/${person.userId}/role`, body);
  expectAnswer(await person.call('GET', '/org/audit-log'), [200], z.unknown());
  expectAnswer(await role({ role: 'viewer' }), [200], z.object({ approver: z.literal(false) }));
  expect(refusalOf(await person.call('GET', '/org/audit-log'))).toBe('403 forbidden');
  expect(refusalOf(await person.call('POST', '/projects', { name: 'Mine' }))).toBe('403 forbidden');
  expectAnswer(await owner.call('DELETE', `/org/members/${person.userId}`), [200], z.unknown());
  expect(await me(person.token)).toBe('401 invalid_token');
  expect(refusalOf(await refreshWith(person.refreshToken))).toBe('401 invalid_token');
});

test('two owners who demote each other at the same time leave one', async () => {
  const owner = await signUp(rig);
  const other = await join(rig, owner, 'admin', true);
  expectAnswer(await owner.call('PUT', `/org/members/${other.userId}/role`, { role: 'owner' }), [200], z.unknown());
  const answers = await Promise.all([
    owner.call('PUT', `/org/members/${other.userId}/role`, { role: 'member' }),
    other.call('PUT', `/org/members/${owner.userId}/role`, { role: 'member' }),
  ]);
  const members = z.object({ data: z.array(z.object({ role: z.string() })) });
  const survivor = answers[0].status === 200 ? owner : other;
  const { data } = expectAnswer(await survivor.call('GET', '/org/members'), [200], members);
  expect(data.filter(({ role }) => role === 'owner')).toHaveLength(1);
  expect(refusalOf(await survivor.call('POST', '/org/leave'))).toBe('409 last_owner');
});

test('a role is changed only on the version that was read, when the caller names one', async () => {
  const { owner } = cast;
  const person = await join(rig, owner, 'member', false);
  const put = (version: string, role: string): Promise<Response> =>
    fetch(`${rig.base}/org/members/${person.userId}/role`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json', 'if-match': version },
      body: JSON.stringify({ role }),
    });
  const first = await put('"1"', 'admin');
  expect(first.headers.get('etag')).toBe('"2"');
  expect((await put('"1"', 'viewer')).status).toBe(412);
});

test('an expired session refuses its tokens', async () => {
  const person = await signUp(rig);
  await administer(rig.ownerUrl, `update sessions set expires_at = now() where user_id = '${person.userId}'`);
  expect(await me(person.token)).toBe('401 invalid_token');
  expect(refusalOf(await refreshWith(person.refreshToken))).toBe('401 invalid_token');
});
