import { setPriority } from 'node:os';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createShareActivities } from '../activities/shares.js';
import { refusalInterceptor } from '../activities/refusal-interceptor.js';
import { createPdfPrinter } from '../src/adapters/pdf-printer.js';
import { createTokens } from '../src/auth/tokens.js';
import { readPdfConfig } from '../src/config.js';
import { openDatabase } from '../src/db/database.js';
import { createLogger, openStores, queuesOf, runProcess } from '../src/process.js';
import { installRuntime } from './compose.js';

/** Nobody waits for a PDF as they wait for an answer: on a shared host, Chromium takes what processor time is left. */
const PRIORITY = 10;

/** The pdf worker: Chromium in a process and on a queue of its own, so that no workflow waits behind it. */
await runProcess(async (onStop) => {
  const config = readPdfConfig(process.env);
  const logger = createLogger('pdf', config);
  installRuntime(logger);
  setPriority(PRIORITY);
  const database = openDatabase(config.DATABASE_URL, 4);
  const stores = openStores(config);
  const printer = createPdfPrinter(config.PUPPETEER_EXECUTABLE_PATH);
  await printer.print('<p>ready</p>');
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: queuesOf(config).pdf,
    activities: createShareActivities({
      database,
      printer,
      objects: stores.evidenceObjects,
      tokens: createTokens(config.PEPPER),
      publicUrl: config.PUBLIC_URL,
    }),
    interceptors: { activity: [refusalInterceptor] },
    maxConcurrentActivityTaskExecutions: 2,
    shutdownGraceTime: '5s',
    shutdownForceTime: '20s',
  });
  const running = worker.run();
  logger.info('polling');
  onStop(async () => {
    worker.shutdown();
    await running;
    await printer.close();
    await connection.close();
    await database.close();
    stores.close();
  });
});
