import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findChromium } from '../src/adapters/pdf-printer.js';
import { migrate } from '../src/db/migrate.js';
import { migrationPool } from '../src/db/migration-pool.js';
import { root } from './stack/paths.js';
import { startParts, type Parts } from './stack/stack.js';

/** Runs Jest over one Temporal server, one Postgres, one S3, one unpacked Chromium and one workflow bundle. */
const template = 'dc_template';

async function makeTemplate(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`drop database if exists ${template}`);
  await admin.query(`create database ${template}`);
  await admin.end();
  const pool = migrationPool(Object.assign(new URL(url), { pathname: `/${template}` }).href);
  await migrate(pool);
  await pool.destroy();
}

async function jest({ env }: Parts, folder: string, args: readonly string[]): Promise<number> {
  const chromium = await findChromium(process.env['PUPPETEER_EXECUTABLE_PATH'], folder);
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'), ...args],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...env,
        PUPPETEER_EXECUTABLE_PATH: chromium,
        LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'],
        TEST_TEMPLATE: template,
        RATE_LIMIT_PER_MINUTE: '1000000',
        LOG_LEVEL: 'fatal',
      },
    },
  );
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'dc-test-'));
try {
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: false });
  try {
    await makeTemplate(parts.env['DATABASE_URL'] ?? '');
    process.exitCode = await jest(parts, folder, process.argv.slice(2));
  } finally {
    await parts.stop();
  }
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
