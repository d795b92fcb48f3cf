import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { eventually } from './stack/processes.js';
import { root } from './stack/paths.js';
import { startParts, startRoles } from './stack/stack.js';
import { readExample } from './demo/example.js';
import { travel } from './demo/journey.js';

/**
 * Records the histories that test/replay replays: npm run record-histories -- NAME. A history that was released is
 * never recorded again; a new one gets a new name.
 */
const [prefix = 'v1'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'dc-record-'));
const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: false });
const target = join(root, 'test', 'replay', 'histories');
mkdirSync(target, { recursive: true });
try {
  await startRoles(parts);
  const connection = await Connection.connect({ address: parts.env['TEMPORAL_ADDRESS'] ?? '' });
  const client = new Client({ connection });
  const keep = async (workflowId: string, name: string): Promise<void> => {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    writeFileSync(join(target, `${prefix}-${name}.json`), historyToJSON(history));
  };
  for (const name of ['numeric-memo', 'data-extraction']) {
    const { runId } = await travel(parts.publicUrl, readExample(name), (_title, work) => work());
    await eventually('the end of the run', 30_000, async () => {
      const { status } = await client.workflow.getHandle(`run:${runId}`).describe();
      if (status.name !== 'COMPLETED') throw new Error(status.name);
    });
    await keep(`run:${runId}`, `run-lifecycle-${name}`);
  }
  await keep(`ledger:${parts.env['LEDGER_ORIGIN'] ?? ''}`, 'keep-ledger');
  const reconciled = await client.workflow.start('reconcileRuns', {
    taskQueue: 'dc-core',
    workflowId: 'record-reconcile',
  });
  await reconciled.result();
  await keep('record-reconcile', 'reconcile-runs');
  const outbox = await client.workflow.start('keepOutbox', { taskQueue: 'dc-core', workflowId: 'record-outbox' });
  await eventually('the outbox', 10_000, async () => {
    if ((await outbox.describe()).historyLength < 5) throw new Error('not yet');
  });
  await keep('record-outbox', 'keep-outbox');
  await connection.close();
} finally {
  await parts.stop();
  rmSync(folder, { recursive: true, force: true });
}
