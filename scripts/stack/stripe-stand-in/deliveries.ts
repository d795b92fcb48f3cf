import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StripeEvent } from './objects.js';

/** How webhooks are sent: all at once and once each, unless told otherwise. */
export interface Manner {
  readonly delayMs?: number;
  /** How often each is sent. */
  readonly copies?: number;
  /** Keeps them back until `release`. */
  readonly hold?: boolean;
}
export interface Deliveries {
  take(event: StripeEvent): void;
  behave(manner: Manner): void;
  /** Sends what was kept back, in the order that is given; left out, as it came. */
  release(order?: (events: readonly StripeEvent[]) => readonly StripeEvent[]): Promise<void>;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  close(): void;
}

/** The header that Stripe signs with: HMAC-SHA-256 over time and body. */
export function signatureOf(body: string, secret: string, time = Math.floor(Date.now() / 1000)): string {
  const mac = createHmac('sha256', secret)
    .update(`${String(time)}.${body}`)
    .digest('hex');
  return `t=${String(time)},v1=${mac}`;
}

/** Sends signed webhooks, again and again until one is answered with 2xx, as Stripe does for three days. */
export function createDeliveries(target: { readonly url: string; readonly secret: string }): Deliveries {
  let manner: Manner = {};
  let closed = false;
  const held: StripeEvent[] = [];
  const underway = new Set<Promise<void>>();
  const send = async (event: StripeEvent): Promise<void> => {
    const body = JSON.stringify(event);
    for (let wait = 200; !closed; wait = Math.min(wait * 2, 5000)) {
      try {
        const headers = { 'content-type': 'application/json', 'stripe-signature': signatureOf(body, target.secret) };
        if ((await fetch(target.url, { method: 'POST', headers, body })).ok) return;
      } catch {
        // Not there: sent again.
      }
      await pause(wait, undefined, { ref: false });
    }
  };
  const start = (event: StripeEvent): void => {
    const { delayMs = 0, copies = 1 } = manner;
    for (let copy = 0; copy < copies; copy += 1) {
      const work = pause(delayMs).then(() => send(event));
      underway.add(work);
      void work.finally(() => underway.delete(work));
    }
  };
  const settled = async (): Promise<void> => {
    while (underway.size > 0) await Promise.all(underway);
  };
  return {
    take(event) {
      if (manner.hold === true) held.push(event);
      else start(event);
    },
    behave(next) {
      manner = next;
    },
    async release(order = (events) => events) {
      for (const event of order(held.splice(0))) {
        start(event);
        await settled();
      }
    },
    settled,
    close() {
      closed = true;
    },
  };
}
