import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { createObjectStore, readBytes } from '../src/adapters/object-store.js';
import { tilePath, tilesBetween } from '../src/ledger/tiles.js';
import { exampleNames, readExample } from './demo/example.js';
import { cookDemo } from './demo/cook.js';
import { travel, type Journey, type Step } from './demo/journey.js';
import { createCaller, expectAnswer } from './demo/client.js';
import { verifyShare } from './demo/verify.js';
import { becomeMember } from './demo/membership.js';
import { banner, untilStopped } from './stack/banner.js';
import { startParts, startRoles, type Parts } from './stack/stack.js';

const USAGE = `Usage: npm run demo -- [--example NAME] [--out DIR] [--keep]

Starts the whole stack, takes a real agent run from sign-in to a signed receipt, and verifies it.
  --example NAME  one of: ${exampleNames().join(', ')}, membership, cook
  --out DIR       leave the receipt and everything needed to verify it in DIR
  --keep          leave the stack up, with its addresses, keys and a login link`;

/** The example that trains a model instead of auditing a run. */
const COOK = 'cook';
/** The example that pays for a membership instead. */
const MEMBERSHIP = 'membership';
const started = performance.now();
const elapsedMs: Record<string, number> = {};
const step: Step = async (name, work, tell) => {
  const begin = performance.now();
  const result = await work();
  elapsedMs[name] = Math.round(performance.now() - begin);
  const told = tell ? `: ${tell(result)}` : '';
  process.stdout.write(
    `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}${told} (${String(elapsedMs[name])} ms)\n`,
  );
  return result;
};

async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: {
      example: { type: 'string', default: 'numeric-memo' },
      out: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const { example: name } = values;
  const example = name === MEMBERSHIP || name === COOK ? undefined : readExample(name);
  const folder = mkdtempSync(join(tmpdir(), 'dc-demo-'));
  const parts = await step('Temporal, Postgres and S3 started', () =>
    startParts({ folder, ui: values.keep, fixedPorts: values.keep, durable: true }),
  );
  try {
    await step('API, core worker and pdf worker started', () => startRoles(parts));
    if (example) {
      const journey = await travel(parts.publicUrl, example, step);
      await conclude(parts, journey, values.out === undefined ? undefined : resolve(values.out));
    } else if (name === COOK) await cookDemo(parts, folder, step);
    else await becomeMember(parts, step);
    if (values.keep) {
      banner(parts);
      await untilStopped();
    }
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const entrySchema = z.looseObject({ canonicalizedBody: z.string() });
const shareSchema = z.looseObject({
  bundle: z.looseObject({ verificationMaterial: z.looseObject({ tlogEntries: z.tuple([entrySchema]) }) }),
  disclosures: z.array(z.string()),
});
const keysSchema = z.object({
  origin: z.string(),
  data: z.array(z.object({ purpose: z.string(), public_key: z.string(), vkey: z.string().nullable() })),
});

/** Reads the receipt back as a stranger would, verifies it, and leaves it in a folder. */
async function conclude(parts: Parts, journey: Journey, out: string | undefined): Promise<void> {
  const anyone = createCaller(parts.publicUrl);
  const path = new URL(journey.shareUrl).pathname;
  await step(
    'Ledger, newest entries',
    async () => expectAnswer(await anyone.call('GET', '/ledger'), [200], z.object({ size: z.number() })),
    ({ size }) => `${String(size)} entries`,
  );
  await step('Whole ledger verified', async () => {
    const report = expectAnswer(
      await anyone.call('GET', '/ledger/verify'),
      [200],
      z.object({ ok: z.boolean(), errors: z.array(z.unknown()) }),
    );
    if (!report.ok) throw new Error(`The ledger does not verify: ${JSON.stringify(report.errors)}`);
  });
  const share = await step(
    'Share fetched: redacted receipt',
    async () => expectAnswer(await anyone.call('GET', path), [200], shareSchema),
    ({ disclosures }) => `${String(disclosures.length)} fields disclosed`,
  );
  const pdf = await step(
    'Receipt as PDF',
    async () => {
      const response = await fetch(`${journey.shareUrl}/pdf`);
      if (!response.ok) throw new Error(`The PDF was answered with ${String(response.status)}.`);
      return Buffer.from(await response.arrayBuffer());
    },
    (bytes) => `${String(Math.round(bytes.length / 1024))} KiB`,
  );
  const published = await anyone.call('GET', '/ledger/keys');
  const keys = expectAnswer(published, [200], keysSchema);
  const log = keys.data.find(({ purpose }) => purpose === 'log');
  const receiptKey = keys.data.find(({ purpose }) => purpose === 'receipt');
  if (!log || !receiptKey) throw new Error('The ledger publishes no keys.');
  const { index, treeSize } = await step(
    'Receipt verified from its bundle',
    () => Promise.resolve(verifyShare(share, published.json)),
    (proof) => `entry ${String(proof.index)} of ${String(proof.treeSize)}`,
  );
  const { receiptId, runId, shareUrl, commands, owner } = journey;
  const historyEvents = await countEvents(parts, runId);
  const summary = {
    receiptId,
    runId,
    shareUrl,
    ledgerIndex: index,
    treeSize,
    historyEvents,
    commands,
    elapsedMs,
    verified: true,
  };
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    const keep = (name: string, content: string | Uint8Array): void => {
      writeFileSync(join(out, name), content);
    };
    keep('receipt.sigstore.json', JSON.stringify(share.bundle, null, 2));
    keep('entry.bin', Buffer.from(share.bundle.verificationMaterial.tlogEntries[0].canonicalizedBody, 'base64'));
    keep('checkpoint', expectAnswer(await anyone.call('GET', '/ledger/checkpoint'), [200], z.string()));
    keep('log.vkey', `${log.vkey ?? ''}\n`);
    keep(
      'receipt.tlog-proof',
      expectAnswer(await owner.call('GET', `/receipts/${receiptId}/tlog-proof`), [200], z.string()),
    );
    keep(
      'trusted_root.json',
      JSON.stringify(
        expectAnswer(await anyone.call('GET', '/.well-known/defendablecloud/trusted_root.json'), [200], z.unknown()),
        null,
        2,
      ),
    );
    keep('receipt.pub.pem', receiptKey.public_key);
    keep('log.pub.pem', log.public_key);
    keep('receipt.sd-jwt', expectAnswer(await owner.call('GET', `/receipts/${receiptId}/sd-jwt`), [200], z.string()));
    keep('receipt.cose', await owner.download(`/receipts/${receiptId}/cose`));
    await mirrorLog(parts, treeSize, out);
    keep('share.json', JSON.stringify(share, null, 2));
    keep('receipt.pdf', pdf);
    keep('summary.json', JSON.stringify(summary, null, 2));
  }
  process.stdout.write(
    `\nVerified. Receipt ${receiptId}, ledger entry ${String(index)}, ${String(historyEvents)} history events for ${String(commands)} commands.\n`,
  );
  if (out !== undefined && existsSync(out)) process.stdout.write(`Everything a verifier needs is in ${out}\n`);
}

/** Copies what the log has published, as it lies in storage, for tools that read whole logs. */
async function mirrorLog({ env }: Parts, size: number, out: string): Promise<void> {
  const store = createObjectStore({
    endpoint: env['S3_ENDPOINT'] ?? '',
    region: env['S3_REGION'] ?? 'us-east-1',
    accessKeyId: env['S3_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['S3_SECRET_ACCESS_KEY'] ?? '',
    bucket: env['S3_PUBLIC_BUCKET'] ?? 'defendable-ledger',
  });
  for (const path of ['checkpoint', ...tilesBetween(0, size).map(tilePath)]) {
    const object = await readBytes(store, path);
    if (!object) throw new Error(`The log has not published ${path}.`);
    mkdirSync(dirname(join(out, 'log', path)), { recursive: true });
    writeFileSync(join(out, 'log', path), object.bytes);
  }
  store.close();
}

/** The events of the run's workflow once it has closed; the one thing the demo asks Temporal itself. */
async function countEvents({ env }: Parts, runId: string): Promise<number> {
  const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
  try {
    const handle = new Client({ connection }).workflow.getHandle(`run:${runId}`);
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { status, historyLength } = await handle.describe();
      if (status.name !== 'RUNNING') return historyLength;
      await pause(100);
    }
    throw new Error('The workflow of the run did not close.');
  } finally {
    await connection.close();
  }
}

try {
  await demo();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
