import { join } from 'node:path';
import { chmodSync, mkdirSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/db/migrate.js';
import { migrationPool } from '../../src/db/migration-pool.js';
import { createObjectStore } from '../../src/adapters/object-store.js';
import { makeKeys } from './keys.js';
import { startObjectStore } from './object-store.js';
import { root, workflowBundle } from './paths.js';
import { startPostgres } from './postgres.js';
import { createNursery, freePort, type Nursery, type Running } from './processes.js';
import { startStripe } from './stripe.js';
import type { StripeStandIn } from './stripe-stand-in/server.js';
import { startTemporal } from './temporal.js';

export interface Parts {
  readonly nursery: Nursery;
  /** The whole configuration of our processes, as environment variables. */
  readonly env: NodeJS.ProcessEnv;
  readonly publicUrl: string;
  readonly temporalUi: string | undefined;
  /** The stand-in for Stripe, unless the environment names an account there. */
  readonly stripe: StripeStandIn | undefined;
  stop(): Promise<void>;
}
export interface PartsOptions {
  /** Folder for data, keys and logs. */
  readonly folder: string;
  readonly ui: boolean;
  /** Fixed ports where they are free, for a stack that people use. */
  readonly fixedPorts: boolean;
  /** False only in tests: no fsync, Temporal in memory. */
  readonly durable: boolean;
}

/** Starts Temporal, Postgres and S3, or joins those the environment names; migrates; makes keys and buckets. */
export async function startParts({ folder, ui, fixedPorts, durable }: PartsOptions): Promise<Parts> {
  mkdirSync(folder, { recursive: true });
  // The database may run under another account, which must be able to walk through; what is secret is closed further in.
  chmodSync(folder, 0o711);
  const nursery = createNursery(join(folder, 'logs'));
  const cleanUps: (() => void)[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const temporalFile = join(folder, 'temporal.db');
    const starting = [
      startTemporal(nursery, { ui, ...(durable ? { file: temporalFile } : {}), ...(fixedPorts ? { port: 7233 } : {}) }),
      startPostgres(nursery, join(folder, 'postgres'), { durable }),
      startObjectStore(nursery, join(folder, 's3'), storageKeys(folder)),
    ] as const;
    await Promise.allSettled(starting);
    const [temporal, postgres, storage] = await Promise.all(starting);
    cleanUps.push(postgres.cleanUp);
    const port = await freePort(fixedPorts ? 3000 : 0);
    const publicUrl = `http://localhost:${String(port)}`;
    const stripe = await startStripe(publicUrl, join(folder, 'stripe-stand-in.json'));
    closers.push(async () => stripe.standIn?.close());
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...makeKeys(join(folder, 'keys')),
      ...stripe.env,
      STRIPE_SUPPRESS_NOTICES: 'true',
      NODE_ENV: 'development',
      NODE_NO_WARNINGS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      PUBLIC_URL: publicUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: temporal.address,
      S3_ENDPOINT: storage.endpoint,
      S3_ACCESS_KEY_ID: storage.accessKeyId,
      S3_SECRET_ACCESS_KEY: storage.secretAccessKey,
      LEDGER_ORIGIN: process.env['LEDGER_ORIGIN'] ?? 'ledger.defendablecloud.localhost/2026',
      WORKFLOW_BUNDLE: workflowBundle,
      MAIL: 'mailbox',
      WEBHOOK_ALLOWED_ADDRESSES: '127.0.0.1',
      SIGN_UP: 'open',
      RATE_LIMIT_PER_MINUTE: process.env['RATE_LIMIT_PER_MINUTE'] ?? '600',
    };
    await prepareDatabase(postgres.url);
    await prepareBuckets(env);
    const stop = async (): Promise<void> => {
      await nursery.close();
      for (const close of closers) await close();
      for (const cleanUp of cleanUps) cleanUp();
    };
    return { nursery, env, publicUrl, temporalUi: temporal.ui, stripe: stripe.standIn, stop };
  } catch (error) {
    await nursery.close();
    for (const close of closers) await close();
    for (const cleanUp of cleanUps) cleanUp();
    throw error;
  }
}

/** The stack's own S3 keys, the same at every start on one folder. */
function storageKeys(folder: string): { accessKeyId: string; secretAccessKey: string } {
  const path = join(folder, 's3-secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600 });
  return { accessKeyId: 'development', secretAccessKey: readFileSync(path, 'utf8') };
}

async function prepareDatabase(url: string): Promise<void> {
  const pool = migrationPool(url);
  try {
    await migrate(pool);
  } finally {
    await pool.destroy();
  }
}

async function prepareBuckets(env: NodeJS.ProcessEnv): Promise<void> {
  for (const bucket of ['defendable-private', 'defendable-ledger']) {
    const store = createObjectStore({
      endpoint: env['S3_ENDPOINT'] ?? '',
      region: 'us-east-1',
      accessKeyId: env['S3_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['S3_SECRET_ACCESS_KEY'] ?? '',
      bucket,
    });
    await store.ensureBucket();
    store.close();
  }
}

export type Role = 'api' | 'core' | 'pdf' | 'cooks';
const programs: Readonly<Record<Role, string>> = {
  api: 'src/main.js',
  core: 'workers/core.js',
  pdf: 'workers/pdf.js',
  cooks: 'workers/cooks.js',
};

/** Starts one of our processes; returns when it takes work. */
export const startRole = ({ nursery, env }: Parts, role: Role, extra: NodeJS.ProcessEnv = {}): Promise<Running> =>
  nursery.fork(role, join(root, 'dist', programs[role]), { ...env, ...extra });

/** Starts the API, the core worker and the pdf worker. */
export const startRoles = (parts: Parts): Promise<readonly Running[]> =>
  Promise.all((['core', 'pdf', 'api'] as const).map((role) => startRole(parts, role)));
