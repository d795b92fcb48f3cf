import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { root, workflowBundle } from './stack/paths.js';

/** Bundles the compiled workflows once, so that every worker starts with the same bytes. */
const { code } = await bundleWorkflowCode({
  workflowsPath: join(root, 'dist', 'workflows', 'index.js'),
  logger: new DefaultLogger('ERROR', ({ message }) => process.stderr.write(`${message}\n`)),
});
await mkdir(join(root, 'dist'), { recursive: true });
await writeFile(workflowBundle, code);
