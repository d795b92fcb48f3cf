import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createCommandDurable } from '../src/commands/durable.js';
import { Refusal } from '../src/kernel/refusals.js';
import { eventually } from './stack/processes.js';
import { root } from './stack/paths.js';
import { startParts, startRoles } from './stack/stack.js';
import { readExample } from './demo/example.js';
import { expectAnswer, type Caller } from './demo/client.js';
import { becomeMember } from './demo/membership.js';
import { askForCook, cookOver, startHttpRunner } from './demo/cook.js';
import { signIn, travel } from './demo/journey.js';
import { makeRunnerKey } from './stack/runner-key.js';
import { incidentsOf } from './demo/incident.js';

/**
 * Records the histories that test/replay replays: npm run record-histories -- NAME [WORKFLOW…], without workflows all of
 * them. A history that was released is never recorded again; a new one gets a new name.
 */
const [prefix = 'v1', ...only] = process.argv.slice(2);
const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
const folder = mkdtempSync(join(tmpdir(), 'dc-record-'));
const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: false });
const target = join(root, 'test', 'replay', 'histories');
mkdirSync(target, { recursive: true });
try {
  await startRoles(parts);
  const connection = await Connection.connect({ address: parts.env['TEMPORAL_ADDRESS'] ?? '' });
  const client = new Client({ connection });
  const keep = async (workflowId: string, name: string): Promise<void> => {
    if (!wanted(name)) return;
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    writeFileSync(join(target, `${prefix}-${name}.json`), historyToJSON(history));
  };
  for (const name of ['numeric-memo', 'data-extraction']) {
    if (!wanted(`run-lifecycle-${name}`) && !(name === 'numeric-memo' && wanted('annotate-receipt'))) continue;
    const { runId, receiptId, owner } = await travel(parts.publicUrl, readExample(name), (_title, work) => work());
    await eventually('the end of the run', 30_000, async () => {
      const { status } = await client.workflow.getHandle(`run:${runId}`).describe();
      if (status.name !== 'COMPLETED') throw new Error(status.name);
    });
    await keep(`run:${runId}`, `run-lifecycle-${name}`);
    if (name === 'numeric-memo' && wanted('render-share'))
      await keep(await printShare(owner, receiptId), 'render-share');
    if (name === 'numeric-memo' && wanted('annotate-receipt')) {
      const made = z.looseObject({ id: z.string() });
      const revocation = { status: 'revoked', reason: 'Recorded.' };
      const answer = await owner.call('POST', `/receipts/${receiptId}/annotations`, revocation);
      const workflowId = `annotation:${expectAnswer(answer, [201], made).id}`;
      await client.workflow.getHandle(workflowId).result();
      await keep(workflowId, 'annotate-receipt');
    }
  }
  await keep(`ledger:${parts.env['LEDGER_ORIGIN'] ?? ''}`, 'keep-ledger');
  const reconciled = await client.workflow.start('reconcileRuns', {
    taskQueue: 'dc-core',
    workflowId: 'record-reconcile',
  });
  await reconciled.result();
  await keep('record-reconcile', 'reconcile-runs');
  for (const [type, name] of [
    ['keepOutbox', 'keep-outbox'],
    ['keepWitnessed', 'keep-witnessed'],
    ['keepWebhooks', 'keep-webhooks'],
  ] as const) {
    const loop = await client.workflow.start(type, { taskQueue: 'dc-core', workflowId: `record-${name}` });
    await eventually(name, 10_000, async () => {
      if ((await loop.describe()).historyLength < 5) throw new Error('not yet');
    });
    await keep(`record-${name}`, name);
  }
  if (wanted('keep-membership')) {
    const orgId = await becomeMember(parts, (_title, work) => work());
    await eventually('the end of the membership', 30_000, async () => {
      const { status } = await client.workflow.getHandle(`membership:${orgId}`).describe();
      if (status.name !== 'COMPLETED') throw new Error(status.name);
    });
    await keep(`membership:${orgId}`, 'keep-membership');
  }
  for (const [type, name] of [
    ['sweepStripeEvents', 'sweep-stripe-events'],
    ['reconcileMemberships', 'reconcile-memberships'],
  ] as const) {
    const sweep = await client.workflow.start(type, { taskQueue: 'dc-core', workflowId: `record-${name}` });
    await sweep.result();
    await keep(`record-${name}`, name);
  }
  if (wanted('incident-lifecycle') || wanted('sweep-watchdogs')) {
    const { opened, sweepId } = await incidentsOf(parts.publicUrl, client);
    await keep(`incident:${opened}`, 'incident-lifecycle');
    await keep(sweepId, 'sweep-watchdogs');
  }
  if (wanted('commit-command')) await keep(await refusedCommand(client), 'commit-command');
  const audited = await client.workflow.start('auditLog', {
    taskQueue: 'dc-core',
    workflowId: 'record-audit',
    args: ['full'],
  });
  await audited.result();
  await keep('record-audit', 'audit-log');
  if (wanted('cook-execution') || wanted('tend-cooks')) {
    const owner = await signIn(parts.publicUrl, 'cook@example.test', 'Ada Moreau', 'Brightwater Analytics');
    startHttpRunner(parts, await makeRunnerKey(parts.env), join(folder, 'work'), 'recorder');
    const cookId = await askForCook(owner, 2);
    await cookOver(owner, cookId);
    await client.workflow.getHandle(`cook:${cookId}`).result();
    await keep(`cook:${cookId}`, 'cook-execution');
    const tended = await client.workflow.start('tendCooks', { taskQueue: 'dc-core', workflowId: 'record-tend' });
    await tended.result();
    await keep('record-tend', 'tend-cooks');
  }
  await connection.close();
} finally {
  await parts.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Sends a command that was never staged: it is refused, which is a whole history of its workflow. */
async function refusedCommand(client: Client): Promise<string> {
  const commandId = '00000000-0000-5000-8000-000000000000';
  const refused = await createCommandDurable(client, { core: 'dc-core' })
    .commit('pinModel', { orgId: 'org_record', commandId })
    .catch((error: unknown) => error);
  if (!(refused instanceof Refusal)) throw new Error('the recorded command was not refused');
  await eventually('the end of the command', 10_000, async () => {
    const { status } = await client.workflow.getHandle(`command:${commandId}`).describe();
    if (status.name !== 'COMPLETED') throw new Error(status.name);
  });
  return `command:${commandId}`;
}

/** Makes another share of a receipt and has its PDF printed; answers the workflow that did it. */
async function printShare(owner: Caller, receiptId: string): Promise<string> {
  const shape = z.object({ id: z.string(), url: z.string() });
  const { id, url } = expectAnswer(await owner.call('POST', `/receipts/${receiptId}/shares`, {}), [201], shape);
  const { ok, status } = await fetch(`${url}/pdf`);
  if (!ok) throw new Error(`the PDF was answered with ${String(status)}`);
  return `share-pdf:${id}:1`;
}
