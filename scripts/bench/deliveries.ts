import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createWebhookActivities } from '../../activities/webhooks.js';
import { createWebhookSender } from '../../src/adapters/webhook-sender.js';
import { createTokens } from '../../src/auth/tokens.js';
import { openDatabase } from '../../src/db/database.js';
import { listen } from '../../src/db/listen.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { startParts } from '../stack/stack.js';

const MESSAGES = 3000;
const ENDPOINTS = 8;
const WIDTH = 32;

/** Deliveries per second to receivers that answer at once, each leased, signed, sent and logged; beside the bare sending. */
export async function benchDeliveries(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  const url = parts.env['DATABASE_URL'] ?? '';
  const database = openDatabase(url, 40);
  const told = listen(url, 'webhooks');
  let received = 0;
  let done = (): void => undefined;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(204).end();
      received += 1;
      if (received === MESSAGES) done();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const address = `http://127.0.0.1:${String(typeof bound === 'object' ? bound?.port : 0)}/`;
  const webhooks = createWebhookSender({ allowed: ['127.0.0.1'] });
  const tokens = createTokens(Buffer.alloc(32, 1).toString('base64'));
  try {
    const bare = await bareSending(webhooks, address);
    received = 0;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    await populate(url, address);
    const begun = performance.now();
    const activities = createWebhookActivities({ database, webhooks, tokens, told, termMs: 600_000 });
    const environment = new MockActivityEnvironment();
    const running = environment.run(() => activities.runWebhooks());
    await all;
    const ours = MESSAGES / ((performance.now() - begun) / 1000);
    environment.cancel();
    await running;
    process.stdout.write('deliveries/s | bare signed posts/s | ratio\n');
    process.stdout.write(`${ours.toFixed(0)} | ${bare.toFixed(0)} | ${(ours / bare).toFixed(2)}\n`);
  } finally {
    server.closeAllConnections();
    server.close();
    await told.close();
    await database.close();
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bareSending(webhooks: ReturnType<typeof createWebhookSender>, url: string): Promise<number> {
  const secrets = [`whsec_${Buffer.alloc(32).toString('base64')}`];
  const begun = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < MESSAGES) {
      next += 1;
      await webhooks.send({
        url,
        id: `msg_${String(next)}`,
        body: JSON.stringify({ type: 'bench', data: {} }),
        secrets,
      });
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, sender));
  return MESSAGES / ((performance.now() - begun) / 1000);
}

async function populate(url: string, address: string): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(`insert into users (id, email, display_name) values ('usr_bench', 'bench@example.test', 'B')`);
  await owner.raw(`insert into orgs (id, name, alias) values ('org_bench', 'Bench', 'bench')`);
  await owner.raw(
    `insert into webhook_endpoints (id, org_id, url, description, events, state, created_by)
     select 'whk_' || n, 'org_bench', ?, '', array['incident.*'], 'enabled', 'usr_bench' from generate_series(1, ?) n`,
    [address, ENDPOINTS],
  );
  await owner.raw(
    `select tell_webhooks('org_bench', 'incident.opened', 'inc_' || n, '{}') from generate_series(1, ?) n`,
    [MESSAGES / ENDPOINTS],
  );
  await owner.raw('analyze webhook_deliveries');
  await owner.destroy();
}
