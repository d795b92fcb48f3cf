import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { startChromium } from '../../src/adapters/pdf-printer.js';
import { createSecretHashes } from '../../src/auth/secret.js';
import { readApiConfig } from '../../src/config.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { createInternalKey } from '../../src/internal-keys/store.js';
import { eventually } from '../stack/processes.js';
import type { Parts } from '../stack/stack.js';
import { createCaller, expectAnswer, expectRefusal, type Caller } from './client.js';
import { offerPackage } from './download.js';
import { signIn, type Step } from './journey.js';

const YEAR_SECONDS = 365 * 86_400;
const membership = z.object({
  state: z.string(),
  because: z.string(),
  entitled: z.boolean(),
  period: z.object({ end: z.string() }).nullable(),
  history: z.array(z.object({ receipt_id: z.string().nullable() })),
});

/** An internal key as an operator makes it: npm run internal-keys -- create desk --scope membership:approve. */
export async function deskOf({ env, publicUrl }: Parts): Promise<Caller> {
  const config = readApiConfig(env);
  const operator = operatorPool(config.DATABASE_URL);
  try {
    const key = { name: 'desk', scopes: ['membership:approve'], expiresAt: null } as const;
    const { secret } = await createInternalKey(operator, createSecretHashes(config.KEY_PEPPERS), key);
    return createCaller(publicUrl, secret);
  } finally {
    await operator.destroy();
  }
}

/** Pays as a person does: in a browser, by pressing a button, until the page has led back. */
async function payInBrowser(url: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'dc-pay-'));
  try {
    const browser = await startChromium(process.env['PUPPETEER_EXECUTABLE_PATH'], scratch);
    try {
      const page = await browser.newPage();
      await page.goto(url);
      await Promise.all([page.waitForNavigation(), page.click('#paid')]);
      return await page.title();
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Takes a membership from its application over a download to its lapse; answers the organization it was for. */
export async function becomeMember(parts: Parts, step: Step): Promise<string> {
  const { publicUrl, stripe } = parts;
  if (!stripe) throw new Error('This example moves the clock of the Stripe stand-in: unset STRIPE_SECRET_KEY.');
  const owner = await step('Owner signs in by magic link', () =>
    signIn(publicUrl, 'ada@example.test', 'Ada Moreau', 'Brightwater Analytics'),
  );
  const read = async (): Promise<z.output<typeof membership>> =>
    expectAnswer(await owner.call('GET', '/membership'), [200], membership);
  const becomes = (state: string, isRight: (now: z.output<typeof membership>) => boolean = () => true) =>
    eventually(`the membership ${state}`, 30_000, async () => {
      const now = await read();
      if (now.state !== state || !isRight(now)) throw new Error(`it is ${now.state}`);
      return now;
    });
  const offer = await step(
    'A package published in the catalog',
    () => offerPackage(parts),
    ({ slug }) => slug,
  );
  await step(
    'Paying before the approval is refused',
    async () => expectRefusal(await owner.call('POST', '/membership/checkout'), 'not_a_member_yet'),
    (detail) => detail,
  );
  const application = { use_case: 'Receipts for the figures our agents compute.' };
  const { slug } = await step(
    'Application submitted',
    async () =>
      expectAnswer(await owner.call('POST', '/membership/apply', application), [201], z.object({ slug: z.string() })),
    (told) => told.slug,
  );
  const desk = await deskOf(parts);
  await step('Approved with an internal key', async () =>
    expectAnswer(await desk.call('POST', '/membership/approve', { slug }), [200], z.unknown()),
  );
  const { url } = await step('Payment page opened', async () =>
    expectAnswer(await owner.call('POST', '/membership/checkout'), [201], z.object({ url: z.string() })),
  );
  await step(
    'Paid in Chromium',
    () => payInBrowser(url),
    (title) => `"${title}"`,
  );
  const active = await step(
    'Membership active',
    () => becomes('active', ({ history }) => history[0]?.receipt_id !== null),
    ({ period, history }) => `until ${period?.end.slice(0, 10) ?? ''}, receipt ${history[0]?.receipt_id ?? ''}`,
  );
  await step(
    'Data set downloaded',
    () => offer.download(owner),
    ({ bytes, receiptId }) => `${String(bytes)} bytes of ${offer.slug}, receipt ${receiptId}`,
  );
  await step(
    'A year later: renewed',
    async () => {
      stripe.world.advance(YEAR_SECONDS + 60);
      return becomes('active', ({ period }) => (period?.end ?? '') > (active.period?.end ?? ''));
    },
    ({ period }) => `until ${period?.end.slice(0, 10) ?? ''}`,
  );
  const subscription = stripe.world.books.subscriptions[0]?.id ?? '';
  await step(
    'Another year: the card fails',
    async () => {
      stripe.world.setFailing(subscription, true);
      stripe.world.advance(YEAR_SECONDS);
      return becomes('past_due');
    },
    ({ entitled }) => (entitled ? 'access goes on for the days of grace' : 'no access'),
  );
  await step(
    'Stripe gives up: lapsed',
    async () => {
      stripe.world.advance(15 * 86_400);
      return becomes('lapsed', ({ history }) => history[0]?.receipt_id !== null);
    },
    ({ history }) => `receipt ${history[0]?.receipt_id ?? ''}`,
  );
  await step(
    'The next download is refused',
    () => offer.refusedTo(owner),
    (detail) => detail,
  );
  const me = z.object({ organization: z.object({ id: z.string() }) });
  return expectAnswer(await owner.call('GET', '/auth/me'), [200], me).organization.id;
}
