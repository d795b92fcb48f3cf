import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connectTemporal } from './adapters/temporal.js';
import { createWebhookReader } from './adapters/stripe-webhook.js';
import { createWebhookSender } from './adapters/webhook-sender.js';
import { createApi, type ApiParts, type Listener } from './api.js';
import { createSealer } from './auth/sealer.js';
import { createSessions } from './auth/session.js';
import { createSecretHashes } from './auth/secret.js';
import { createTokens } from './auth/tokens.js';
import { readApiConfig } from './config.js';
import { openDatabase } from './db/database.js';
import { listen } from './db/listen.js';
import { createCallMeter } from './usage/call-meter.js';
import { cookTimesOf, createLogger, openBilling, openStores, queuesOf, runProcess } from './process.js';

/** The API process: stateless, any number of them. */
await runProcess(async (onStop) => {
  const config = readApiConfig(process.env);
  const logger = createLogger('api', config);
  const database = openDatabase(config.DATABASE_URL, config.DATABASE_POOL);
  const client = await connectTemporal(config.TEMPORAL_ADDRESS, config.TEMPORAL_NAMESPACE);
  const growth = listen(config.DATABASE_URL, 'ledger_grown', (error) => {
    logger.warn({ err: error }, 'listen');
  });
  const cookNews = listen(config.DATABASE_URL, 'cooks', (error) => {
    logger.warn({ err: error }, 'listen');
  });
  const stores = openStores(config);
  const callMeter = createCallMeter(database, (error) => {
    logger.warn({ err: error }, 'call meter');
  });
  let accepting = true;
  const parts: ApiParts = {
    ...stores,
    database,
    client,
    growth,
    cookNews,
    cookTimes: cookTimesOf(config),
    sealer: createSealer(config.PEPPER),
    logger,
    queues: queuesOf(config),
    sessions: await createSessions(config.SESSION_KEY_FILE, config.PUBLIC_URL),
    tokens: createTokens(config.PEPPER),
    secretHashes: createSecretHashes(config.KEY_PEPPERS),
    catalogFourEyes: config.CATALOG_FOUR_EYES,
    platformAdmins: config.PLATFORM_ADMINS,
    callMeter,
    billing: openBilling(config),
    readWebhook: createWebhookReader(config.STRIPE_WEBHOOK_SECRETS),
    webhooks: createWebhookSender({ allowed: config.WEBHOOK_ALLOWED_ADDRESSES }),
    publicUrl: config.PUBLIC_URL,
    logId: config.LEDGER_ORIGIN,
    signUp: config.SIGN_UP,
    mailbox: config.MAIL === 'mailbox',
    production: config.NODE_ENV === 'production',
    trustProxy: config.TRUST_PROXY,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    accepting: () => accepting,
  };
  const { HOST, PORT, INTERNAL_HOST, INTERNAL_PORT } = config;
  const servers =
    INTERNAL_PORT === undefined
      ? [await serve(parts, 'all', PORT, HOST)]
      : [await serve(parts, 'public', PORT, HOST), await serve(parts, 'internal', INTERNAL_PORT, INTERNAL_HOST)];
  for (const server of servers) logger.info({ address: server.address() }, 'listening');
  onStop(async () => {
    accepting = false;
    await Promise.all(servers.map(drain));
    await callMeter.close();
    await growth.close();
    await cookNews.close();
    await client.connection.close();
    await database.close();
    stores.close();
  });
});

async function serve(parts: ApiParts, listener: Listener, port: number, host: string): Promise<Server> {
  const answer = createApi(parts, listener).callback();
  const server = createServer((request, response) => void answer(request, response));
  server.requestTimeout = 120_000;
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Lets the requests in flight end and takes no more. */
async function drain(server: Server): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
}
