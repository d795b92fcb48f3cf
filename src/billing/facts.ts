import { z } from 'zod';
import type { BillingFacts, PaidPeriod, PaymentFacts } from './rules.js';

const ref = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]);
const subscriptionSchema = z.object({
  id: z.string(),
  status: z.string(),
  cancel_at_period_end: z.boolean(),
  created: z.number(),
  cancellation_details: z.object({ reason: z.string().nullish() }).nullish(),
});
const invoiceSchema = z.object({
  id: z.string(),
  parent: z.object({ subscription_details: z.object({ subscription: ref }).nullish() }).nullish(),
  lines: z.object({ data: z.array(z.object({ period: z.object({ start: z.number(), end: z.number() }) })) }),
  payments: z
    .object({
      data: z.array(z.object({ status: z.string(), payment: z.object({ payment_intent: ref.nullish() }) })),
    })
    .nullish(),
});
const chargeSchema = z.object({
  id: z.string(),
  status: z.string(),
  refunded: z.boolean(),
  amount_refunded: z.number(),
  disputed: z.boolean(),
  payment_intent: ref.nullable(),
});
const disputeSchema = z.object({ id: z.string(), status: z.string(), payment_intent: ref.nullable() });
const sessionSchema = z.object({ id: z.string(), status: z.enum(['open', 'complete', 'expired']) });

/** The objects of one customer as Stripe answers them; only what decides is looked at. */
const objectsSchema = z.object({
  customer: z.enum(['none', 'present', 'deleted']),
  session: sessionSchema.nullable(),
  subscriptions: z.array(subscriptionSchema),
  paidInvoices: z.array(invoiceSchema),
  charges: z.array(chargeSchema),
  disputes: z.array(disputeSchema),
});
type Objects = z.output<typeof objectsSchema>;

export const isDisputed = (charge: unknown): boolean => chargeSchema.parse(charge).disputed;
export const paymentOf = (charge: unknown): string | null => chargeSchema.parse(charge).payment_intent;

/** Boils the objects of one customer down to what decides a membership. Pure, so that tests and adapter share it. */
export function readFacts(given: Readonly<Record<keyof Objects, unknown>>): BillingFacts {
  const objects = objectsSchema.parse(given);
  return {
    customer: objects.customer,
    session: objects.session,
    paymentPending: objects.charges.some(({ status }) => status === 'pending'),
    subscriptions: objects.subscriptions.map((one) => ({
      id: one.id,
      status: one.status,
      cancelAtPeriodEnd: one.cancel_at_period_end,
      createdAt: one.created * 1000,
      endedBecause: one.cancellation_details?.reason ?? null,
    })),
    periods: objects.paidInvoices.flatMap((invoice) => periodOf(invoice, objects)),
  };
}

function periodOf(invoice: Objects['paidInvoices'][number], objects: Objects): readonly PaidPeriod[] {
  const subscriptionId = invoice.parent?.subscription_details?.subscription;
  const last = invoice.lines.data.map(({ period }) => period).toSorted((a, b) => b.end - a.end)[0];
  if (subscriptionId === undefined || !last) return [];
  const ids = (invoice.payments?.data ?? [])
    .filter(({ status }) => status === 'paid')
    .flatMap(({ payment }) => payment.payment_intent ?? []);
  return [
    {
      subscriptionId,
      start: last.start * 1000,
      end: last.end * 1000,
      payments: ids.map((id) => paymentFacts(id, objects)),
    },
  ];
}

function paymentFacts(id: string, { charges, disputes }: Objects): PaymentFacts {
  const charge = charges.find((one) => one.payment_intent === id && one.status === 'succeeded');
  const refunded = charge?.refunded ? 'fully' : (charge?.amount_refunded ?? 0) > 0 ? 'partly' : 'no';
  const statuses = disputes.filter(({ payment_intent }) => payment_intent === id).map(({ status }) => status);
  return { id, refunded, dispute: disputeOf(statuses) };
}

/** An inquiry (warning_…) takes no money and no membership. */
function disputeOf(statuses: readonly string[]): PaymentFacts['dispute'] {
  if (statuses.includes('lost')) return 'lost';
  const settled = ['won', 'prevented', 'warning_needs_response', 'warning_under_review', 'warning_closed'];
  return statuses.some((status) => !settled.includes(status)) ? 'open' : 'none';
}
