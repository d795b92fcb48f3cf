import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, freePort } from '../../scripts/stack/processes.js';
import { findStripeMock } from '../../scripts/stack/stripe-mock.js';
import { API_VERSION, createStripe, type Billing } from '../../src/adapters/stripe.js';

let mock: ChildProcess;
let billing: Billing;

beforeAll(async () => {
  const port = await freePort();
  mock = spawn(findStripeMock(), ['-http-port', String(port)], { stdio: 'ignore' });
  const apiBase = `http://127.0.0.1:${String(port)}`;
  billing = createStripe({ secretKey: 'sk_test_123', publicUrl: 'https://defendable.example.org', apiBase });
  await eventually('stripe-mock', 20_000, () => fetch(apiBase));
});
afterAll(() => {
  mock.kill();
});

/** Stripe's mock answers with fixtures that mean nothing here; what counts is that it refuses no parameter. */
test('every request the product makes is one that Stripe accepts', async () => {
  const facts = await billing.readFacts({ customerId: 'cus_1', sessionId: 'cs_1' });
  expect(facts.customer).toBe('present');
  expect(facts.subscriptions.length).toBeGreaterThan(0);
  const given = { orgId: 'org_1', membershipId: 'mbr_1', attempt: 1 };
  const customerId = await billing.createCustomer(given);
  expect(customerId).toMatch(/^cus_/);
  const order = {
    ...given,
    customerId,
    applicationId: 'app_1',
    priceId: 'price_1',
    expiresAt: new Date(Date.now() + 7_200_000),
  };
  expect((await billing.openCheckout(order)).id).toMatch(/^cs_/);
  await billing.expireCheckout('cs_1');
  expect(await billing.openPortal(customerId)).toMatch(/^https:/);
  await billing.refund('pi_1');
  await billing.cancelSubscription('sub_1');
  expect(await billing.findPayer('pi_1')).toBeNull();
  for await (const { id } of billing.listSubscriptions()) {
    expect(id).toMatch(/^sub_/);
    break;
  }
  for await (const { id } of billing.listEvents(new Date(0))) {
    expect(id).toMatch(/^evt_/);
    break;
  }
});

test('a price that is not the one members are told is refused before anybody is sent to pay it', async () => {
  await expect(billing.findPrice()).rejects.toMatchObject({ code: 'billing_unavailable' });
});

test('the pinned version is the one the library was made for', async () => {
  const { default: Stripe } = await import('stripe');
  expect(Stripe.API_VERSION).toBe(API_VERSION);
});
