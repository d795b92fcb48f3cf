import Stripe from 'stripe';
import { z } from 'zod';
import { Refusal } from '../kernel/refusals.js';
import type { StripeNotice } from './stripe.js';

/** Stripe's advice, in seconds; both into the past and, against a clock set wrong, into the future. */
const TOLERANCE_SECONDS = 300;

const eventSchema = z.object({
  id: z.string().regex(/^evt_\w{1,250}$/),
  type: z.string().max(200),
  created: z.number(),
  data: z.object({ object: z.looseObject({ id: z.string().optional(), object: z.string().optional() }) }),
});
const reference = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]);
const ownerSchema = z.object({
  customer: reference.nullish(),
  payment_intent: reference.nullish(),
  client_reference_id: z.string().nullish(),
  metadata: z.object({ membership_id: z.string().optional() }).nullish(),
});

/** What is kept of an event: whose it is and that it came. Its content is read at Stripe. */
export function noticeOf(given: unknown): StripeNotice {
  const { id, type, created, data } = eventSchema.parse(given);
  const { object } = data;
  const owner = ownerSchema.safeParse(object).data;
  const isCustomer = object.object === 'customer';
  return {
    id,
    type,
    createdAt: new Date(created * 1000),
    customerId: isCustomer ? (object.id ?? null) : (owner?.customer ?? null),
    paymentId: owner?.payment_intent ?? null,
    membershipId: owner?.client_reference_id ?? owner?.metadata?.membership_id ?? null,
  };
}

/** Reads a webhook's raw bytes; refuses what Stripe did not sign with one of the secrets in the last five minutes. */
export function createWebhookReader(
  secrets: readonly string[],
): (bytes: Buffer, signature: string | undefined, now: Date) => StripeNotice {
  return (bytes, signature, now) => {
    if (signature === undefined) throw new Refusal('invalid_signature', 'The Stripe-Signature header is missing.');
    const time = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1]);
    if (!(Math.abs(now.getTime() / 1000 - time) <= TOLERANCE_SECONDS))
      throw new Refusal('invalid_signature', 'The signature is older or newer than five minutes.');
    for (const secret of secrets) {
      try {
        return noticeOf(Stripe.webhooks.constructEvent(bytes, signature, secret, TOLERANCE_SECONDS));
      } catch (error) {
        if (error instanceof z.ZodError)
          throw new Refusal('invalid_request', 'This is no event of Stripe.', {}, { cause: error });
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError) && !(error instanceof SyntaxError))
          throw error;
      }
    }
    throw new Refusal('invalid_signature', 'None of our secrets made this signature.');
  };
}
