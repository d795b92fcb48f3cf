import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createWebhookSender } from '../../src/adapters/webhook-sender.js';
import { isSubscription, outcomeOf, pauseAfter } from '../../src/webhooks/rules.js';
import { openReceiver, type Receiver } from '../rig/receiver.js';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
});
afterAll(() => {
  receiver.close();
});

const letter = (url: string) => ({ url, id: 'msg_1', body: '{"type":"webhook.test"}', secrets: [secret, other] });
const trusting = createWebhookSender({ allowed: ['127.0.0.1'], deadlineMs: 300 });

test('a letter is signed so that the specification’s own library takes it, with each of two secrets', async () => {
  expect(await trusting.send(letter(receiver.url))).toMatchObject({ status: 204, error: null });
  const [got] = receiver.letters;
  const headers = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(got?.headers[name])]),
  );
  for (const known of [secret, other])
    expect(new Webhook(known).verify(got?.body ?? '', headers)).toEqual({ type: 'webhook.test' });
  expect(() => new Webhook(secret).verify('{"type":"forged"}', headers)).toThrow();
});

test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', '169.254.169.254', '0.0.0.0'])(
  'a private address is never called: %s',
  async (host) => {
    const before = receiver.letters.length;
    const url = `http://${host}:${new URL(receiver.url).port}/`;
    const answer = await createWebhookSender({ allowed: [] }).send(letter(url));
    expect(answer).toMatchObject({ status: null, error: 'private_address' });
    expect(receiver.letters).toHaveLength(before);
  },
);

test('a redirect is not followed, and silence ends at the deadline', async () => {
  receiver.answer(() => ({ redirect: 'http://169.254.169.254/latest/meta-data' }));
  expect(await trusting.send(letter(receiver.url))).toMatchObject({ status: 302, error: 'redirects are not followed' });
  receiver.answer(() => 'never');
  expect(await trusting.send(letter(receiver.url))).toMatchObject({ status: null, error: 'timeout' });
  expect(await trusting.send(letter('http://127.0.0.1:9'))).toMatchObject({ status: null, error: 'econnrefused' });
});

test('only https without user and password is taken, but for addresses that are exempt', () => {
  expect(trusting.faultOf('http://example.org/hook')).toBe('is not https');
  expect(trusting.faultOf('https://me:secret@example.org/hook')).toBe('carries a user or a password');
  expect(trusting.faultOf('https://example.org/hook')).toBeUndefined();
  expect(trusting.faultOf(receiver.url)).toBeUndefined();
});

test('tries go on for a little more than two days, each pause within a tenth of its length', () => {
  const pauses = (chance: number): number[] =>
    Array.from({ length: 8 }, (_, index) => pauseAfter(index + 1, chance) ?? Number.NaN);
  const days = pauses(0.5).reduce((sum, pause) => sum + pause, 0) / 86_400;
  expect(days).toBeGreaterThan(2);
  expect(days).toBeLessThan(2.5);
  expect(pauseAfter(9, 0.5)).toBeUndefined();
  pauses(0.5).forEach((middle, index) => {
    expect(pauses(0)[index]).toBeCloseTo(middle * 0.9);
    expect(pauses(0.999)[index]).toBeLessThan(middle * 1.1);
  });
  expect([200, 204, 299].map((status) => outcomeOf(status, 9))).toEqual(['delivered', 'delivered', 'delivered']);
  expect([301, 404, 500, null].map((status) => outcomeOf(status, 8))).toEqual(['again', 'again', 'again', 'again']);
  expect(outcomeOf(500, 9)).toBe('failed');
  expect(outcomeOf(410, 1)).toBe('gone');
});

test('types, their families and the star can be asked for, and nothing else', () => {
  expect(['run.audited', 'incident.*', 'agent.health.*', '*'].map(isSubscription)).toEqual([true, true, true, true]);
  expect(['run', 'agent.*', 'run.unknown', '**', ''].map(isSubscription)).toEqual([false, false, false, false, false]);
});
