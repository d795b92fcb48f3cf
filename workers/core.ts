import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readCoreConfig } from '../src/config.js';
import { openDatabase } from '../src/db/database.js';
import { listen } from '../src/db/listen.js';
import { createSmtpMailer, type Mailer } from '../src/adapters/mailer.js';
import { createWebhookSender } from '../src/adapters/webhook-sender.js';
import { createWitnessClient } from '../src/adapters/witness.js';
import { NO_WITNESSES, parsePolicy } from '../src/ledger/policy.js';
import { readLogSigners } from '../src/ledger/signers.js';
import { announceKeys } from '../src/receipts/key-events.js';
import { createCookTasks } from '../src/adapters/cook-tasks.js';
import { createSealer } from '../src/auth/sealer.js';
import { createTokens } from '../src/auth/tokens.js';
import { createCookDurable } from '../src/cooks/durable.js';
import { createReceiptSigner } from '../src/receipts/sign.js';
import { createMembershipDurable } from '../src/membership/durable.js';
import { createIncidentDurable } from '../src/incidents/durable.js';
import { createRunDurable } from '../src/runs/durable.js';
import { cookTimesOf, createLogger, openBilling, openStores, queuesOf, runProcess } from '../src/process.js';
import { createCoreActivities, installRuntime, prepareCatalogs, prepareLedger, startLoops } from './compose.js';
import { faultInterceptors } from '../activities/fault-interceptor.js';
import { refusalInterceptor } from '../activities/refusal-interceptor.js';

/** The core worker: every workflow, and the activities on Postgres, S3 and mail. */
await runProcess(async (onStop) => {
  const config = readCoreConfig(process.env);
  const logger = createLogger('core', config);
  installRuntime(logger);
  const database = openDatabase(config.DATABASE_URL, config.DATABASE_POOL);
  const stores = openStores(config);
  const signer = createReceiptSigner(config.RECEIPT_KEY_FILE);
  const logId = config.LEDGER_ORIGIN;
  const { logKey, cosigners, keys } = readLogSigners(logId, {
    key: config.LEDGER_KEY_FILE,
    previous: config.LEDGER_PREVIOUS_KEY_FILE,
    mlDsa: config.LEDGER_MLDSA_KEY_FILE,
  });
  const policy = parsePolicy(config.LEDGER_POLICY_FILE ?? NO_WITNESSES);
  await prepareLedger(database, { logId, keys, signer, policy: config.LEDGER_POLICY_FILE ?? NO_WITNESSES });
  await announceKeys(database, { signer, logId }).catch((error: unknown) => {
    // A paused log must not keep the workers from starting: what was not told is told at the next start.
    logger.warn({ err: error }, 'announceKeys');
  });
  await prepareCatalogs(database);
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const client = new Client({
    connection: await Connection.connect({ address: config.TEMPORAL_ADDRESS }),
    namespace: config.TEMPORAL_NAMESPACE,
  });
  const channel = (name: string) =>
    listen(config.DATABASE_URL, name, (error) => {
      logger.warn({ err: error }, 'listen');
    });
  const channels = {
    queued: channel('ledger_pending'),
    growth: channel('ledger_grown'),
    owed: channel('outbox'),
    told: channel('webhooks'),
  };
  const mailer: Mailer | undefined =
    config.SMTP_URL === undefined
      ? undefined
      : createSmtpMailer(config.SMTP_URL, config.MAIL_FROM, new URL(config.PUBLIC_URL).hostname);
  const queues = queuesOf(config);
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: queues.core,
    workflowBundle: { codePath: config.WORKFLOW_BUNDLE },
    activities: createCoreActivities({
      ...stores,
      ...channels,
      database,
      signer,
      logKey,
      cosigners,
      logId,
      policy,
      witnesses: createWitnessClient(),
      witnessSpacingMs: config.WITNESS_SECONDS * 1000,
      mailer,
      webhooks: createWebhookSender({ allowed: config.WEBHOOK_ALLOWED_ADDRESSES }),
      tokens: createTokens(config.PEPPER),
      publicUrl: config.PUBLIC_URL,
      runs: createRunDurable(client, queues),
      memberships: createMembershipDurable(client, queues),
      billing: openBilling(config),
      logger,
      cooks: createCookDurable(client, queues),
      cookTasks: createCookTasks(client),
      cookTimes: cookTimesOf(config),
      sealer: createSealer(config.PEPPER),
      incidents: createIncidentDurable(client, queues.core),
    }),
    interceptors: { activity: [...faultInterceptors(config.FAULT_POINT), refusalInterceptor] },
    maxCachedWorkflows: 500,
    shutdownGraceTime: '5s',
    shutdownForceTime: '20s',
  });
  const running = worker.run();
  await startLoops(client, {
    queue: queues.core,
    logId,
    mail: mailer !== undefined,
    witnessed: policy.witnesses.length > 0,
  });
  logger.info('polling');
  onStop(async () => {
    worker.shutdown();
    await running;
    await Promise.all(Object.values(channels).map((one) => one.close()));
    await client.connection.close();
    await connection.close();
    await database.close();
    stores.close();
  });
});
