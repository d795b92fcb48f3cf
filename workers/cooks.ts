import { NativeConnection, Worker } from '@temporalio/worker';
import { createNativeActivities } from '../activities/cook-execute.js';
import { createCookServer } from '../src/adapters/cook-server.js';
import { readRunnerConfig } from '../src/config.js';
import { cookTaskQueue } from '../src/cooks/durable.js';
import { createLogger, queuesOf, runProcess } from '../src/process.js';
import { installRuntime } from './compose.js';

/**
 * A native runner: a Temporal worker without workflows on the queue of one kind of cook, for a fleet of one's own. It
 * needs Temporal's address, the API's, a runner key, and a training program. Copy it to make another.
 */
await runProcess(async (onStop) => {
  const config = readRunnerConfig(process.env);
  const logger = createLogger('cooks', config);
  installRuntime(logger);
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: cookTaskQueue(queuesOf(config), config.RUNNER_QUEUE),
    identity: `native:${config.RUNNER_NAME}`,
    activities: createNativeActivities({
      server: createCookServer(config.RUNNER_URL, config.RUNNER_KEY),
      name: config.RUNNER_NAME,
      labels: config.RUNNER_QUEUE.split('.').slice(1),
      capabilities: { gpu: [config.RUNNER_QUEUE.split('.')[0] ?? 'cpu'] },
      command: config.RUNNER_COMMAND.split(' '),
      folder: config.RUNNER_FOLDER,
    }),
    maxConcurrentActivityTaskExecutions: config.RUNNER_SLOTS,
    maxHeartbeatThrottleInterval: '10s',
    shutdownGraceTime: '5s',
    shutdownForceTime: '20s',
  });
  const running = worker.run();
  logger.info('polling');
  onStop(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
});
