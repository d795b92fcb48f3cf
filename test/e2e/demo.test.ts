import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { exampleNames } from '../../scripts/demo/example.js';
import { root } from '../../scripts/stack/paths.js';

const FILES = [
  'checkpoint',
  'entry.bin',
  'log',
  'log.pub.pem',
  'log.vkey',
  'receipt.cose',
  'receipt.pdf',
  'receipt.pub.pem',
  'receipt.sd-jwt',
  'receipt.sigstore.json',
  'receipt.tlog-proof',
  'share.json',
  'summary.json',
  'trusted_root.json',
];
const summary = z.object({
  verified: z.literal(true),
  historyEvents: z.number(),
  commands: z.number(),
  receiptId: z.string(),
  shareUrl: z.url(),
});

/** Runs the demo as a person would, on parts of its own. */
async function demo(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  for (const name of [
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'S3_ENDPOINT',
    'PUBLIC_URL',
    'PORT',
    'TASK_QUEUE_PREFIX',
    'LOG_LEVEL',
    'STRIPE_SECRET_KEY',
    'STRIPE_API_BASE',
    'STRIPE_WEBHOOK_SECRETS',
  ])
    Reflect.deleteProperty(env, name);
  const child = spawn(process.execPath, [join(root, 'dist/scripts/demo.js'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, text };
}

test('the flawed example is grounded, corrected, approved, receipted and verified, and leaves its folder', async () => {
  const out = mkdtempSync(join(tmpdir(), 'dc-out-'));
  try {
    const { code, text } = await demo(['--example', 'data-extraction', '--out', out]);
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain('grounded this run');
    expect(text).toContain('MTH-001: total: claimed 8500, derived 7500');
    expect(readdirSync(out).sort()).toEqual(FILES);
    const told = summary.parse(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')));
    expect(told.historyEvents / told.commands).toBeLessThanOrEqual(8.5);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}, 120_000);

test('an unknown example is answered with those there are', async () => {
  expect(exampleNames().length).toBeGreaterThan(2);
  const { code, text } = await demo(['--example', 'nonsense']);
  expect(code).toBe(1);
  for (const name of exampleNames()) expect(text).toContain(name);
});

test('a membership is applied for, approved, paid in a browser, used for a download, renewed a year later, and lapses', async () => {
  const { code, text } = await demo(['--example', 'membership']);
  expect({ code, text }).toMatchObject({ code: 0 });
  for (const told of [
    'Paid in Chromium: "Thank you"',
    /Data set downloaded: \d+ bytes of arithmetic\S*, receipt rcp_/,
    'A year later: renewed',
    'Stripe gives up: lapsed: receipt rcp_',
    'The next download is refused: This needs a paid membership',
  ])
    expect(text).toMatch(told);
});
