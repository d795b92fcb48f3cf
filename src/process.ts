import pino, { type Logger } from 'pino';
import { createObjectStore, type ObjectStore } from './adapters/object-store.js';
import { createStripe, type Billing } from './adapters/stripe.js';
import { ConfigFault, type CoreConfig, type SharedConfig } from './config.js';
import type { CookTimes } from './runners/lease.js';
import type { TaskQueues } from './runs/durable.js';

/** Work in flight gets this long to end after a signal, in milliseconds. */
const DRAIN_MS = 30_000;

/**
 * Runs a process of ours: starts it, prints configuration faults whole, stops it in order at SIGTERM or SIGINT, and
 * ends it when its parent's pipe closes, so that nothing is left behind by a launcher that was killed.
 */
export async function runProcess(start: (onStop: (stop: () => Promise<void>) => void) => Promise<void>): Promise<void> {
  let stop: (() => Promise<void>) | undefined;
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    void (stop ? stop() : Promise.resolve()).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (process.env['EXIT_WITH_PARENT'] === '1') process.stdin.resume().once('end', end);
  try {
    await start((work) => {
      stop = work;
    });
    process.send?.('ready');
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigFault ? error.message : describe(error)}\n`);
    process.exit(1);
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Structured logs on standard output; credentials never get into them. */
export function createLogger(name: string, { LOG_LEVEL }: Pick<SharedConfig, 'LOG_LEVEL'>): Logger {
  return pino({ name, level: LOG_LEVEL, redact: ['*.authorization', '*.token', '*.cookie', '*.password', '*.email'] });
}

/** The two buckets: what is private to organizations, and the public ledger. */
export function openStores(config: SharedConfig): {
  evidenceObjects: ObjectStore;
  ledgerObjects: ObjectStore;
  close: () => void;
} {
  const {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = config;
  const open = (bucket: string): ObjectStore =>
    createObjectStore({ endpoint, region, accessKeyId, secretAccessKey, bucket });
  const evidenceObjects = open(config.S3_PRIVATE_BUCKET);
  const ledgerObjects = open(config.S3_PUBLIC_BUCKET);
  const close = (): void => {
    evidenceObjects.close();
    ledgerObjects.close();
  };
  return { evidenceObjects, ledgerObjects, close };
}

/** Several deployments can share one namespace under different prefixes. */
export const queuesOf = ({ TASK_QUEUE_PREFIX: prefix }: Pick<SharedConfig, 'TASK_QUEUE_PREFIX'>): TaskQueues => ({
  core: `${prefix}-core`,
  pdf: `${prefix}-pdf`,
});

/** Stripe, if the deployment has an account there. */
export function openBilling(
  config: Pick<CoreConfig, 'STRIPE_SECRET_KEY' | 'STRIPE_API_BASE' | 'PUBLIC_URL'>,
): Billing | undefined {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: apiBase, PUBLIC_URL: publicUrl } = config;
  return secretKey === undefined ? undefined : createStripe({ secretKey, publicUrl, apiBase });
}

/** Six beats fit into a lease. */
const BEATS_PER_LEASE = 6;

export const cookTimesOf = (
  config: Pick<SharedConfig, 'COOK_LEASE_SECONDS' | 'COOK_START_SECONDS' | 'COOK_QUEUE_HOURS' | 'COOK_RETRY_SECONDS'>,
): CookTimes => ({
  leaseSeconds: config.COOK_LEASE_SECONDS,
  heartbeatSeconds: Math.max(1, Math.floor(config.COOK_LEASE_SECONDS / BEATS_PER_LEASE)),
  startSeconds: config.COOK_START_SECONDS,
  queueSeconds: Math.ceil(config.COOK_QUEUE_HOURS * 3600),
  retrySeconds: config.COOK_RETRY_SECONDS,
});
