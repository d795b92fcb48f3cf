import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { eventually } from '../stack/processes.js';
import { expectAnswer } from './client.js';
import { signIn } from './journey.js';

const id = z.object({ id: z.string() });

/** An agent that goes dark and a person's incident with its receipt, over HTTP: for the histories of their workflows. */
export async function incidentsOf(
  base: string,
  client: Client,
): Promise<{ readonly opened: string; readonly sweepId: string }> {
  const owner = await signIn(base, 'ada@example.test', 'Ada Moreau', 'Brightwater Analytics');
  const profile = { name: 'Recorded', version: '1.0', state: 'active' };
  const agent = expectAnswer(await owner.call('POST', '/agent-profiles', profile), [201], id).id;
  const beat = { mode: 'heartbeat', period_seconds: 1, grace_seconds: 0 };
  expectAnswer(await owner.call('PUT', `/agent-profiles/${agent}/watchdog`, beat), [200], z.unknown());
  const body = { title: 'Recorded', kind: 'other', severity: 'sev3', article73: { class: 'other' } };
  const opened = expectAnswer(await owner.call('POST', '/incidents', body), [201], id).id;
  for (const state of ['acknowledged', 'mitigated', 'resolved', 'closed']) {
    const changed = await owner.call('PATCH', `/incidents/${opened}`, { state }, { 'if-match': '*' });
    expectAnswer(changed, [200], z.unknown());
  }
  expectAnswer(await owner.call('POST', `/incidents/${opened}/receipt`), [201], z.unknown());
  const sweepId = await eventually('the agent to go dark', 30_000, async () => {
    const workflowId = `record-sweep-${String(Date.now())}`;
    const sweep = await client.workflow.start('sweepWatchdogs', { taskQueue: 'dc-core', workflowId });
    const { looked } = z.object({ looked: z.number() }).parse(await sweep.result());
    if (looked === 0) throw new Error('not yet');
    return workflowId;
  });
  return { opened, sweepId };
}
