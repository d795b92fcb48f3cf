import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pino from 'pino';
import { refusalInterceptor } from '../../activities/refusal-interceptor.js';
import { createShareActivities } from '../../activities/shares.js';
import { createCaller, type Caller } from '../../scripts/demo/client.js';
import { startStripeStandIn, type StripeStandIn } from '../../scripts/stack/stripe-stand-in/server.js';
import { createStripe } from '../../src/adapters/stripe.js';
import { createWebhookReader } from '../../src/adapters/stripe-webhook.js';
import { createMembershipDurable } from '../../src/membership/durable.js';
import { createObjectStore, type ObjectStore } from '../../src/adapters/object-store.js';
import { createWebhookSender } from '../../src/adapters/webhook-sender.js';
import { createWitnessClient } from '../../src/adapters/witness.js';
import { createPdfPrinter } from '../../src/adapters/pdf-printer.js';
import { createApi, type ApiParts } from '../../src/api.js';
import { createSessions, type Sessions } from '../../src/auth/session.js';
import { createSecretHashes } from '../../src/auth/secret.js';
import { createCookTasks } from '../../src/adapters/cook-tasks.js';
import { createSealer } from '../../src/auth/sealer.js';
import { createTokens } from '../../src/auth/tokens.js';
import { emptyCatalog } from '../../src/cooks/catalog.js';
import { createCookDurable } from '../../src/cooks/durable.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { listen } from '../../src/db/listen.js';
import { NO_WITNESSES, parsePolicy } from '../../src/ledger/policy.js';
import { readLogSigners } from '../../src/ledger/signers.js';
import { createReceiptSigner } from '../../src/receipts/sign.js';
import { createCallMeter } from '../../src/usage/call-meter.js';
import type { CookTimes } from '../../src/runners/lease.js';
import { createIncidentDurable } from '../../src/incidents/durable.js';
import { createRunDurable } from '../../src/runs/durable.js';
import { createCoreActivities, installRuntime, prepareCatalogs, prepareLedger } from '../../workers/compose.js';
import { cloneDatabase } from './database.js';
import { fromRunner } from './environment.js';

/** The whole product in one process: its own database, buckets, log and task queues on the shared servers. */
export interface Rig {
  readonly base: string;
  readonly database: Database;
  /** URL with the owner's rights, for tampering. */
  readonly ownerUrl: string;
  readonly client: Client;
  readonly parts: ApiParts;
  readonly sessions: Sessions;
  readonly evidenceObjects: ObjectStore;
  readonly ledgerObjects: ObjectStore;
  readonly logId: string;
  /** Stripe, as the stand-in plays it. */
  readonly stripe: StripeStandIn;
  call: Caller['call'];
  as(token: string): Caller;
  close(): Promise<void>;
}

/** The one whom the configuration of a rig names as platform admin. */
export const PLATFORM_ADMIN = 'root@platform.test';

const logger = pino({ level: 'silent' });

/** The two secrets of the rig's webhook: the present one, and the one it will be rotated to. */
export const WEBHOOK_SECRET = 'whsec_present';
export const SECOND_WEBHOOK_SECRET = 'whsec_next';
/** A hanging Stripe is noticed in tests after this. */
const STRIPE_TIMEOUT_MS = 1500;
/** Leases and waits of tests: seconds, so that what runs out does so while somebody looks. */
const cookTimes: CookTimes = {
  leaseSeconds: 6,
  heartbeatSeconds: 1,
  startSeconds: 60,
  queueSeconds: 600,
  retrySeconds: 1,
};

/** What a rig may have besides its usual parts. */
export interface RigOptions {
  /** Writes the witness policy of the log, once its name and its Ed25519 verifier key are known. */
  readonly policy?: (logId: string, vkey: string) => string;
  /** False where a test is the sequencer itself. */
  readonly sequencer?: boolean;
  readonly times?: Partial<CookTimes>;
}

export async function openRig({
  policy: writePolicy = () => NO_WITNESSES,
  sequencer = true,
  times = {},
}: RigOptions = {}): Promise<Rig> {
  const name = randomBytes(5).toString('hex');
  const clone = await cloneDatabase();
  const address = fromRunner('TEMPORAL_ADDRESS');
  installRuntime(logger);
  const database = openDatabase(clone.url, 20);
  const logId = `ledger-${name}.test/2026`;
  const stores = { evidenceObjects: bucket(`private-${name}`), ledgerObjects: bucket(`ledger-${name}`) };
  await Promise.all([stores.evidenceObjects.ensureBucket(), stores.ledgerObjects.ensureBucket()]);
  const { logKey, cosigners, keys } = readLogSigners(logId, {
    key: readFileSync(fromRunner('LEDGER_KEY_FILE'), 'utf8'),
    mlDsa: readFileSync(fromRunner('LEDGER_MLDSA_KEY_FILE'), 'utf8'),
  });
  const signer = createReceiptSigner(readFileSync(fromRunner('RECEIPT_KEY_FILE'), 'utf8'));
  const vkey = keys.find(({ purpose }) => purpose === 'log')?.vkey ?? '';
  const policy = writePolicy(logId, vkey);
  await prepareLedger(database, { logId, keys, signer, policy });
  await prepareCatalogs(database);
  const [connection, clientConnection] = await Promise.all([
    NativeConnection.connect({ address }),
    Connection.connect({ address }),
  ]);
  const client = new Client({ connection: clientConnection });
  const queues = { core: `core-${name}`, pdf: `pdf-${name}` };
  const channels = {
    queued: listen(clone.url, 'ledger_pending'),
    growth: listen(clone.url, 'ledger_grown'),
    owed: listen(clone.url, 'outbox'),
    told: listen(clone.url, 'webhooks'),
    cookNews: listen(clone.url, 'cooks'),
  };
  const tokens = createTokens(fromRunner('PEPPER'));
  const secretHashes = createSecretHashes([{ version: 1, key: randomBytes(32) }]);
  const callMeter = createCallMeter(database, () => undefined);
  const server = createServer();
  const base = await listenOn(server);
  const stripe = await startStripeStandIn({
    port: 0,
    webhookUrl: `${base}/stripe/webhook`,
    webhookSecret: WEBHOOK_SECRET,
  });
  const billing = createStripe({
    secretKey: 'sk_test_stand_in',
    publicUrl: base,
    apiBase: stripe.base,
    timeoutMs: STRIPE_TIMEOUT_MS,
  });
  const sessions = await createSessions(readFileSync(fromRunner('SESSION_KEY_FILE'), 'utf8'), base);
  const parts: ApiParts = {
    ...stores,
    ...channels,
    database,
    client,
    queues,
    sessions,
    tokens,
    secretHashes,
    catalogFourEyes: true,
    platformAdmins: new Set([PLATFORM_ADMIN]),
    callMeter,
    billing,
    webhooks: createWebhookSender({ allowed: ['127.0.0.1'] }),
    readWebhook: createWebhookReader([WEBHOOK_SECRET, SECOND_WEBHOOK_SECRET]),
    sealer: createSealer(fromRunner('PEPPER')),
    cookTimes: { ...cookTimes, ...times },
    logger,
    logId,
    publicUrl: base,
    signUp: 'open',
    mailbox: true,
    production: false,
    trustProxy: false,
    requestsPerMinute: 1_000_000,
    accepting: () => true,
  };
  const answer = createApi(parts).callback();
  server.on('request', (request, response) => void answer(request, response));
  const printer = createPdfPrinter(fromRunner('PUPPETEER_EXECUTABLE_PATH'));
  const common = { connection, interceptors: { activity: [refusalInterceptor] }, shutdownForceTime: '5s' as const };
  const core = await Worker.create({
    ...common,
    taskQueue: queues.core,
    workflowBundle: { codePath: fromRunner('WORKFLOW_BUNDLE') },
    activities: createCoreActivities({
      ...parts,
      ...channels,
      signer,
      logKey,
      cosigners,
      policy: parsePolicy(policy),
      witnesses: createWitnessClient(),
      witnessSpacingMs: 100,
      mailer: undefined,
      runs: createRunDurable(client, queues),
      memberships: createMembershipDurable(client, queues),
      cooks: createCookDurable(client, queues),
      cookTasks: createCookTasks(client),
      catalog: emptyCatalog,
      incidents: createIncidentDurable(client, queues.core),
    }),
  });
  const pdf = await Worker.create({
    ...common,
    taskQueue: queues.pdf,
    activities: createShareActivities({ ...parts, objects: stores.evidenceObjects, printer }),
  });
  const running = Promise.all([core.run(), pdf.run()]);
  const loops = [
    await client.workflow.start('keepWitnessed', { taskQueue: queues.core, workflowId: `witnesses:${logId}` }),
    ...(sequencer
      ? await Promise.all(
          ['public', 'sandbox'].map((log) =>
            client.workflow.start('keepLedger', {
              taskQueue: queues.core,
              workflowId: `ledger:${log}:${logId}`,
              args: [log],
            }),
          ),
        )
      : []),
  ];
  const caller = createCaller(base);
  return {
    base,
    database,
    client,
    parts,
    sessions,
    logId,
    stripe,
    ...stores,
    ownerUrl: clone.url,
    call: (method, path, body) => caller.call(method, path, body),
    as: (token) => createCaller(base, token),
    async close() {
      await stripe.close();
      server.closeAllConnections();
      server.close();
      for (const loop of loops) await loop.terminate();
      core.shutdown();
      pdf.shutdown();
      await running;
      await printer.close();
      await callMeter.close();
      await Promise.all(Object.values(channels).map((channel) => channel.close()));
      await Promise.all([connection.close(), clientConnection.close()]);
      await database.close();
      stores.evidenceObjects.close();
      stores.ledgerObjects.close();
      await clone.drop();
    },
  };
}

async function listenOn(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the test server has no port');
  return `http://127.0.0.1:${String(bound.port)}`;
}

function bucket(name: string): ObjectStore {
  return createObjectStore({
    endpoint: fromRunner('S3_ENDPOINT'),
    region: 'us-east-1',
    accessKeyId: fromRunner('S3_ACCESS_KEY_ID'),
    secretAccessKey: fromRunner('S3_SECRET_ACCESS_KEY'),
    bucket: name,
  });
}
