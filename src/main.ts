import { once } from 'node:events';
import { createServer } from 'node:http';
import { connectTemporal } from './adapters/temporal.js';
import { createApi } from './api.js';
import { createSessions } from './auth/session.js';
import { createTokens } from './auth/tokens.js';
import { readApiConfig } from './config.js';
import { openDatabase } from './db/database.js';
import { listen } from './db/listen.js';
import { createLogger, openStores, queuesOf, runProcess } from './process.js';

/** The API process: stateless, any number of them. */
await runProcess(async (onStop) => {
  const config = readApiConfig(process.env);
  const logger = createLogger('api', config);
  const database = openDatabase(config.DATABASE_URL, config.DATABASE_POOL);
  const client = await connectTemporal(config.TEMPORAL_ADDRESS, config.TEMPORAL_NAMESPACE);
  const growth = listen(config.DATABASE_URL, 'ledger_grown', (error) => {
    logger.warn({ err: error }, 'listen');
  });
  const stores = openStores(config);
  let accepting = true;
  const app = createApi({
    ...stores,
    database,
    client,
    growth,
    logger,
    queues: queuesOf(config),
    sessions: await createSessions(config.SESSION_KEY_FILE, config.PUBLIC_URL),
    tokens: createTokens(config.PEPPER),
    publicUrl: config.PUBLIC_URL,
    logId: config.LEDGER_ORIGIN,
    signUp: config.SIGN_UP,
    mailbox: config.MAIL === 'mailbox',
    production: config.NODE_ENV === 'production',
    trustProxy: config.TRUST_PROXY,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
    accepting: () => accepting,
  });
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
  server.requestTimeout = 120_000;
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  logger.info({ address: server.address() }, 'listening');
  onStop(async () => {
    accepting = false;
    server.close();
    server.closeIdleConnections();
    await once(server, 'close');
    await growth.close();
    await client.connection.close();
    await database.close();
    stores.close();
  });
});
