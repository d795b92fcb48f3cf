import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { expectAnswer, type Caller } from '../demo/client.js';
import { deskOf } from '../demo/membership.js';
import { signIn } from '../demo/journey.js';
import { eventually } from '../stack/processes.js';
import { startParts, startRoles } from '../stack/stack.js';
import { signatureOf } from '../stack/stripe-stand-in/deliveries.js';

const EVENTS = 4000;
const CLIENTS = 16;
const PAYMENTS = 40;

/** Webhooks taken per second, each a new event in Postgres; and the time from a payment to the entitlement. */
export async function benchWebhooks(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  process.env['RATE_LIMIT_PER_MINUTE'] = '1000000';
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  try {
    await startRoles(parts);
    const secret = parts.env['STRIPE_WEBHOOK_SECRETS'] ?? '';
    const url = `${parts.publicUrl}/stripe/webhook`;
    const times: number[] = [];
    let next = 0;
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        while (next < EVENTS) {
          next += 1;
          const body = eventText(next);
          const started = performance.now();
          const headers = { 'stripe-signature': signatureOf(body, secret) };
          const response = await fetch(url, { method: 'POST', headers, body });
          await response.text();
          if (!response.ok) throw new Error(`a webhook was answered with ${String(response.status)}`);
          times.push(performance.now() - started);
        }
      }),
    );
    const perSecond = EVENTS / ((performance.now() - begun) / 1000);
    tell(`webhooks at ${String(CLIENTS)} clients: ${perSecond.toFixed(0)}/s`, times);
    const { stripe } = parts;
    if (!stripe) throw new Error('benchWebhooks: the stand-in is needed');
    const desk = await deskOf(parts);
    const waits: number[] = [];
    for (let round = 0; round < PAYMENTS; round += 1) {
      const { owner, session } = await ready(parts.publicUrl, desk, round);
      const paid = performance.now();
      stripe.world.leave(session, 'paid');
      await eventually('the entitlement', 10_000, async () => {
        const shape = z.object({ entitled: z.literal(true) });
        expectAnswer(await owner.call('GET', '/membership'), [200], shape);
      });
      waits.push(performance.now() - paid);
    }
    tell(`from payment to entitlement, ${String(PAYMENTS)} payments, asked every 50 ms`, waits);
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const eventText = (serial: number): string =>
  JSON.stringify({
    id: `evt_bench${String(serial)}`,
    object: 'event',
    type: 'invoice.paid',
    created: Math.floor(Date.now() / 1000),
    data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_of_nobody' } },
  });

/** An organization whose payment page is open. */
async function ready(base: string, desk: Caller, round: number): Promise<{ owner: Caller; session: string }> {
  const owner = await signIn(base, `payer${String(round)}@example.test`, 'Payer', `Payer ${String(round)}`);
  const body = { use_case: 'Measuring.' };
  const { slug } = expectAnswer(
    await owner.call('POST', '/membership/apply', body),
    [201],
    z.object({ slug: z.string() }),
  );
  expectAnswer(await desk.call('POST', '/membership/approve', { slug }), [200], z.unknown());
  const { url } = expectAnswer(await owner.call('POST', '/membership/checkout'), [201], z.object({ url: z.string() }));
  return { owner, session: url.split('/').at(-1) ?? '' };
}

function tell(title: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  process.stdout.write(`${title}; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`);
}
