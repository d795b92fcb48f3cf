import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { z } from 'zod';
import { createAuthenticator } from '../../src/auth/authenticate.js';
import { createSecretHashes, drawSecret } from '../../src/auth/secret.js';
import { createSessions } from '../../src/auth/session.js';
import { openDatabase } from '../../src/db/database.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { createApp } from '../../src/http/app.js';
import { defineRoute, noBody, none, type Route } from '../../src/http/define-route.js';
import { anyone, caller, type Gate } from '../../src/http/gates.js';
import { startParts } from '../stack/stack.js';

const ROUNDS = 2000;
const KEYS_AT_REST = 100_000;
const ids = { org: 'org_bench', user: 'usr_bench', session: 'ses_bench' };

const route = (path: string, auth: Gate<unknown>): Route =>
  defineRoute({
    method: 'get',
    path,
    operationId: path.slice(1),
    summary: 'Nothing',
    auth,
    params: none,
    query: none,
    body: noBody,
    response: z.strictObject({}),
    status: 200,
    refuses: [],
    handle: () => Promise.resolve({ body: {} }),
  });

/** One route that does nothing, with and without authentication, by access token and by key, before and after 100,000 keys. */
export async function benchAuth(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  const url = parts.env['DATABASE_URL'] ?? '';
  const database = openDatabase(url, 10);
  try {
    const secretHashes = createSecretHashes([{ version: 1, key: Buffer.alloc(32, 7) }]);
    const sessions = await createSessions(readFileSync(parts.env['SESSION_KEY_FILE'] ?? '', 'utf8'), 'http://bench');
    const secret = drawSecret('live');
    await populate(url, secretHashes.digests(secret)[0]);
    const app = createApp([route('/open', anyone), route('/guarded', caller('read'))], {
      publicUrl: 'http://bench',
      production: true,
      trustProxy: false,
      logger: pino({ level: 'silent' }),
      authenticate: createAuthenticator({ database, sessions, secretHashes, platformAdmins: new Set() }),
      limit: () => Promise.resolve(),
      meter: { count: () => undefined },
      checkResponses: false,
    });
    const answer = app.callback();
    const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const base = `http://127.0.0.1:${String(address !== null && typeof address === 'object' ? address.port : 0)}`;
    const { org: orgId, user: userId, session: sessionId } = ids;
    const token = await sessions.sign({ orgId, userId, sessionId, authTime: new Date() });
    const targets = { open: undefined, 'access token': token, 'API key': secret };
    process.stdout.write('keys at rest | caller | p50 ms | over open ms\n');
    for (const keys of [1, KEYS_AT_REST]) {
      if (keys > 1) await addKeys(url, keys);
      await measureAll(base, targets);
      const medians = await measureAll(base, targets);
      for (const [name, median] of Object.entries(medians)) {
        const over = median - (medians['open'] ?? 0);
        process.stdout.write(`${String(keys)} | ${name} | ${median.toFixed(2)} | ${over.toFixed(2)}\n`);
      }
    }
    server.closeAllConnections();
    server.close();
  } finally {
    await database.close();
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Interleaved, so that what else the machine does falls on all alike. */
async function measureAll(
  base: string,
  targets: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, number>>> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, token] of Object.entries(targets)) {
      const begin = performance.now();
      const response = await fetch(`${base}/${token === undefined ? 'open' : 'guarded'}`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${name} was answered with ${String(response.status)}`);
      (times[name] ??= []).push(performance.now() - begin);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0]),
  );
}

async function populate(url: string, digest: string): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(`insert into users (id, email, display_name) values ('${ids.user}', 'bench@example.test', 'B')`);
  await owner.raw(`insert into orgs (id, name, alias) values ('${ids.org}', 'Bench', 'bench')`);
  await owner('memberships').insert({ orgId: ids.org, userId: ids.user, role: 'owner', approver: true });
  await owner.raw(
    `insert into sessions (id, org_id, user_id, network, expires_at)
     values ('${ids.session}', '${ids.org}', '${ids.user}', 'x', now() + interval '1 day')`,
  );
  const key = { id: 'key_bench', orgId: ids.org, name: 'Bench', mode: 'live', scopes: ['read'], hint: 'x' };
  await owner('api_keys').insert({ ...key, digest, pepperVersion: 1, createdBy: ids.user });
  await owner.destroy();
}

async function addKeys(url: string, count: number): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(
    `insert into api_keys (id, org_id, name, mode, scopes, hint, digest, pepper_version, created_by)
     select 'key_' || n, '${ids.org}', 'Bench', 'live', '{read}', 'x', encode(sha256(n::text::bytea), 'hex'), 1, '${ids.user}'
       from generate_series(1, ?) n`,
    [count],
  );
  await owner.raw('analyze api_keys');
  await owner.destroy();
}
