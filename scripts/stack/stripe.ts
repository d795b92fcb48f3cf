import { randomBytes } from 'node:crypto';
import { startStripeStandIn, type StripeStandIn } from './stripe-stand-in/server.js';

export interface StripePart {
  /** What our processes have to know of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Undefined when the environment names an account at Stripe. */
  readonly standIn: StripeStandIn | undefined;
}

/** Stripe's own servers if STRIPE_SECRET_KEY is set; else the stand-in, which no production configuration accepts. */
export async function startStripe(publicUrl: string, file: string): Promise<StripePart> {
  if (process.env['STRIPE_SECRET_KEY'] !== undefined) return { env: {}, standIn: undefined };
  const webhookSecret = `whsec_${randomBytes(24).toString('hex')}`;
  const standIn = await startStripeStandIn({ port: 0, webhookUrl: `${publicUrl}/stripe/webhook`, webhookSecret, file });
  return {
    env: {
      STRIPE_SECRET_KEY: 'sk_test_stand_in',
      STRIPE_API_BASE: standIn.base,
      STRIPE_WEBHOOK_SECRETS: webhookSecret,
    },
    standIn,
  };
}
