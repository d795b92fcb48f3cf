import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { WebhookSender } from '../src/adapters/webhook-sender.js';
import type { Tokens } from '../src/auth/tokens.js';
import type { Database } from '../src/db/database.js';
import type { Growth } from '../src/db/listen.js';
import {
  disableDead,
  endDelivery,
  logAttempt,
  putOff,
  takeDeliveries,
  type Delivery,
} from '../src/webhooks/delivery-store.js';
import { outcomeOf, pauseAfter } from '../src/webhooks/rules.js';
import { webhookSecret } from '../src/webhooks/secret.js';

const TERM_MS = 10 * 60_000;
const IDLE_MS = 2000;
/** Deliveries under way at once in one worker. */
const WIDTH = 32;

export interface WebhookActivities {
  runWebhooks(): Promise<void>;
}
export interface WebhookDeps {
  readonly database: Database;
  readonly webhooks: WebhookSender;
  readonly tokens: Tokens;
  /** Wakes when something is to be told. */
  readonly told: Growth;
  readonly termMs?: number;
}

export function createWebhookActivities(deps: WebhookDeps): WebhookActivities {
  const { database, told, termMs = TERM_MS } = deps;
  return {
    /**
     * Delivers what is due, for a term. Safe to run twice and to kill: a delivery is leased before it is sent and ended
     * after, so a crash between repeats it under the same webhook-id, by which its receiver drops the repetition.
     */
    async runWebhooks() {
      const end = Date.now() + termMs;
      const underWay = new Set<Promise<void>>();
      while (Date.now() < end && !cancellationSignal().aborted) {
        heartbeat();
        const woken = told.next(IDLE_MS);
        const free = WIDTH - underWay.size;
        const taken = free > 0 ? await database.system((system) => takeDeliveries(system, free)) : [];
        for (const delivery of taken) {
          const work = deliver(deps, delivery).finally(() => underWay.delete(work));
          underWay.add(work);
        }
        await Promise.race([woken, ...underWay]);
      }
      await Promise.all(underWay);
    },
  };
}

async function deliver({ database, webhooks, tokens }: WebhookDeps, delivery: Delivery): Promise<void> {
  const { endpointId, generation, isRotating, url, messageId: id, type, at, data, attempts } = delivery;
  const secrets = [generation, ...(isRotating ? [generation - 1] : [])];
  const answer = await webhooks.send({
    ...{ url, id },
    body: JSON.stringify({ type, timestamp: at.toISOString(), data }),
    secrets: secrets.map((one) => webhookSecret(tokens, endpointId, one)),
  });
  await database.system(async (system) => {
    await logAttempt(system, delivery, answer);
    const outcome = outcomeOf(answer.status, attempts);
    const pause = outcome === 'again' ? pauseAfter(attempts, Math.random()) : undefined;
    if (pause !== undefined) await putOff(system, delivery, pause);
    else await endDelivery(system, delivery, outcome === 'delivered');
    if (outcome === 'gone' || outcome === 'failed')
      await disableDead(system, delivery, outcome === 'gone' ? 'gone' : 'failing');
  });
}
