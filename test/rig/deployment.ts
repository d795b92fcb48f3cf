import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNursery, freePort, type Running } from '../../scripts/stack/processes.js';
import { startRole, type Parts, type Role } from '../../scripts/stack/stack.js';
import { createObjectStore } from '../../src/adapters/object-store.js';
import { cloneDatabase } from './database.js';
import { fromRunner } from './environment.js';

/** Our real processes, to be killed: their own database, buckets, log and queues on the shared servers. */
export interface Deployment {
  readonly base: string;
  readonly url: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly nursery: Parts['nursery'];
  readonly publicUrl: string;
  start(role: Role, extra?: NodeJS.ProcessEnv): Promise<Running>;
  close(): Promise<void>;
}

export async function deploy(): Promise<Deployment> {
  const name = randomBytes(5).toString('hex');
  const folder = mkdtempSync(join(tmpdir(), 'dc-deploy-'));
  const clone = await cloneDatabase();
  const port = await freePort();
  const base = `http://localhost:${String(port)}`;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: 'test',
    NODE_OPTIONS: '',
    PUBLIC_URL: base,
    PORT: String(port),
    DATABASE_URL: clone.url,
    S3_PRIVATE_BUCKET: `private-${name}`,
    S3_PUBLIC_BUCKET: `ledger-${name}`,
    LEDGER_ORIGIN: `ledger-${name}.test/2026`,
    TASK_QUEUE_PREFIX: `e2e-${name}`,
    LOG_LEVEL: 'warn',
  };
  for (const bucket of [`private-${name}`, `ledger-${name}`]) {
    const store = createObjectStore({
      endpoint: fromRunner('S3_ENDPOINT'),
      region: 'us-east-1',
      accessKeyId: fromRunner('S3_ACCESS_KEY_ID'),
      secretAccessKey: fromRunner('S3_SECRET_ACCESS_KEY'),
      bucket,
    });
    await store.ensureBucket();
    store.close();
  }
  const parts: Parts = {
    nursery: createNursery(folder),
    env,
    publicUrl: base,
    temporalUi: undefined,
    stripe: undefined,
    stop: () => Promise.resolve(),
  };
  return {
    base,
    url: clone.url,
    folder,
    env,
    nursery: parts.nursery,
    publicUrl: base,
    start: (role, extra) => startRole(parts, role, extra),
    async close() {
      await parts.nursery.close();
      await clone.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
