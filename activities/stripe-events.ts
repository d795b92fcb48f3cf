import { heartbeat } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Billing } from '../src/adapters/stripe.js';
import type { Database } from '../src/db/database.js';
import type { MembershipDurable } from '../src/membership/durable.js';
import { findOwner, listMoving } from '../src/membership/store.js';
import { UNKNOWN_PATIENCE_MS } from '../src/stripe-events/rules.js';
import { abandonEvent, assignEvent, listUnprocessed, type StoredEvent } from '../src/stripe-events/store.js';

export interface Swept {
  readonly seen: number;
  readonly driven: number;
  readonly unknown: number;
}
export interface Reconciled {
  readonly memberships: number;
  /** Subscriptions at Stripe whose customer nobody here knows. */
  readonly strangers: number;
}
export interface StripeEventActivities {
  sweepStripeEvents(): Promise<Swept>;
  reconcileMemberships(): Promise<Reconciled>;
}
export interface StripeEventDeps {
  readonly database: Database;
  readonly billing: Billing | undefined;
  readonly memberships: MembershipDurable;
  readonly logger: Logger;
}

/** Long enough for the webhook's own signal to have worked. */
const PATIENCE_MS = 20_000;
const PAGE = 500;

export function createStripeEventActivities(deps: StripeEventDeps): StripeEventActivities {
  const { database, billing, memberships, logger } = deps;
  return {
    /** Safe to retry: telling a membership twice reads Stripe twice. */
    async sweepStripeEvents() {
      const now = Date.now();
      const events = await database.system((system) => listUnprocessed(system, new Date(now - PATIENCE_MS), PAGE));
      const owners = new Set<string>();
      let unknown = 0;
      for (const event of events) {
        const owner = event.orgId ?? (await ownerOf(event));
        if (owner !== undefined) {
          if (event.orgId === null) await database.system((system) => assignEvent(system, event.id, owner));
          owners.add(owner);
        } else if (event.receivedAt.getTime() < now - UNKNOWN_PATIENCE_MS) {
          unknown += 1;
          logger.error({ event: event.id, type: event.type }, 'a Stripe event whose customer nobody knows');
          await database.system((system) => abandonEvent(system, event.id));
        }
        heartbeat();
      }
      for (const orgId of owners) {
        await memberships.refresh(orgId);
        heartbeat();
      }
      return { seen: events.length, driven: owners.size, unknown };
    },

    /** Safe to retry: it asks for readings and writes nothing itself. */
    async reconcileMemberships() {
      let count = 0;
      for (let after = ''; ;) {
        const page = await database.system((system) => listMoving(system, after, PAGE));
        for (const orgId of page) {
          await memberships.refresh(orgId);
          count += 1;
          after = orgId;
          heartbeat(count);
        }
        if (page.length < PAGE) break;
      }
      return { memberships: count, strangers: billing ? await countStrangers(billing) : 0 };
    },
  };

  /** By what we know, or else by what Stripe says of the payment. */
  async function ownerOf(event: StoredEvent): Promise<string | undefined> {
    const known = await database.system((system) => findOwner(system, event));
    if (known !== undefined || event.paymentId === null || !billing) return known;
    const customerId = await billing.findPayer(event.paymentId);
    return customerId === null ? undefined : database.system((system) => findOwner(system, { customerId }));
  }

  async function countStrangers(stripe: Billing): Promise<number> {
    let strangers = 0;
    for await (const { id, customerId } of stripe.listSubscriptions()) {
      const owner = await database.system((system) => findOwner(system, { customerId }));
      heartbeat();
      if (owner !== undefined) continue;
      strangers += 1;
      logger.error({ subscription: id }, 'a Stripe subscription whose customer nobody knows');
    }
    return strangers;
  }
}
