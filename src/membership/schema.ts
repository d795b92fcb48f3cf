import { z } from 'zod';
import { applicationView } from '../applications/schema.js';
import { idPattern } from '../kernel/ids.js';
import { membershipEvents, membershipStates } from './rules.js';

const time = z.iso.datetime();

export const membershipView = z
  .strictObject({
    state: z.enum(membershipStates),
    because: z.string().meta({ description: 'Stable code of the reason.' }),
    why: z.string().meta({ description: 'The reason as a sentence, and what to do.' }),
    entitled: z.boolean(),
    access_until: time.nullable(),
    price: z.strictObject({ plan: z.string(), amount_cents: z.int(), currency: z.string() }),
    period: z.strictObject({ start: time, end: time }).nullable(),
    cancel_at_period_end: z.boolean(),
    comped_until: time.nullable(),
    application: applicationView.nullable(),
    checkout: z
      .strictObject({ url: z.url(), expires_at: time })
      .nullable()
      .meta({ description: 'The open payment page, for those who may pay.' }),
    history: z.array(
      z.strictObject({
        at: time,
        from: z.enum(membershipStates),
        to: z.enum(membershipStates),
        because: z.string(),
        receipt_id: z.string().nullable(),
      }),
    ),
    allowed: z.array(z.enum(membershipEvents)).meta({ description: 'What may happen to it next.' }),
  })
  .meta({ id: 'PaidMembership' });

export const checkoutView = z.strictObject({ url: z.url(), expires_at: time }).meta({ id: 'Checkout' });
export const portalView = z.strictObject({ url: z.url() }).meta({ id: 'Portal' });
export const returnQuery = z.strictObject({ session_id: z.string().max(300).optional() });
export const returnView = z.strictObject({ state: z.string() }).meta({ id: 'CheckoutReturn' });

export const orgParams = z.strictObject({ org_id: z.string().regex(idPattern('org')) });
export const suspendBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });
export const compBody = z.strictObject({ until: time, reason: z.string().trim().min(1).max(500) });
export const deskMembershipView = z
  .strictObject({ organization: z.string(), state: z.enum(membershipStates), access_until: time.nullable() })
  .meta({ id: 'DeskMembership' });
