import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { runProcess } from '../../src/process.js';

/** The peer of the lifecycle benchmark: a worker like ours that has nothing to do. */
await runProcess(async (onStop) => {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./bare-workflow.js', import.meta.url)),
    logger,
  });
  const worker = await Worker.create({
    connection,
    taskQueue: 'bench-bare',
    workflowBundle,
    activities: { nothing: () => Promise.resolve() },
    maxCachedWorkflows: 500,
  });
  const running = worker.run();
  onStop(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
});
