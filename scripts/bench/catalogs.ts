import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGrantActivities } from '../../activities/datasets.js';
import { createObjectStore } from '../../src/adapters/object-store.js';
import { createTokens } from '../../src/auth/tokens.js';
import { stageCommand } from '../../src/commands/store.js';
import { objectKey } from '../../src/datasets/package.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { newId } from '../../src/db/new-id.js';
import { ensureMembership } from '../../src/membership/store.js';
import { insertOrg } from '../../src/orgs/store.js';
import { createReceiptSigner } from '../../src/receipts/sign.js';
import { buildPackage } from '../packages/build.js';
import { toolCalls } from '../packages/tool-calls.js';
import { publishBuilt } from '../packages/publish.js';
import { startParts, startRoles, type Parts } from '../stack/stack.js';
import { usageOf } from '../stack/usage.js';

const PACKAGES = 10_000;
const ROUNDS = 300;
const ORGANIZATIONS = 8;
const GRANTS_EACH = 60;
const GIB = 1024 ** 3;
const QUERIES = [
  '',
  '?q=tool',
  '?task=text-classification&language=en',
  '?licence=Apache-2.0&min_bytes=1000',
  '?limit=100',
];

/** Search over 10,000 packages through HTTP, grants per second, and what a download of 1 GiB costs the API. */
export async function benchCatalogs(): Promise<void> {
  process.env['RATE_LIMIT_PER_MINUTE'] = '1000000';
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  const url = parts.env['DATABASE_URL'] ?? '';
  const database = openDatabase(url, 20);
  try {
    await startRoles(parts);
    const objects = storeOf(parts);
    const built = await buildPackage(toolCalls, folder, 1000);
    await publishBuilt({ database, objects }, built);
    await multiply(url);
    await benchSearch(parts.publicUrl);
    const { slug, licence } = built.package;
    await benchGrants(database, url, parts, { slug, accepted: licence.text_sha256 });
    await benchDownload(parts, objects);
    objects.close();
  } finally {
    await database.close();
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const storeOf = ({ env }: Parts): ReturnType<typeof createObjectStore> =>
  createObjectStore({
    endpoint: env['S3_ENDPOINT'] ?? '',
    region: 'us-east-1',
    accessKeyId: env['S3_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['S3_SECRET_ACCESS_KEY'] ?? '',
    bucket: 'defendable-private',
  });

/** Copies of the one package under other slugs, with other licences, tasks, languages and sizes. */
async function multiply(url: string): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(
    `insert into dataset_packages (slug, version, manifest_root, package, samples, title, licence, tier, tasks, languages,
       bytes, records, words)
     select 'copy-' || n, version, manifest_root, package || jsonb_build_object('slug', 'copy-' || n), samples,
       title || ' ' || n, (array['Apache-2.0', 'CC0-1.0', 'CC-BY-4.0', 'MIT'])[1 + n % 4], tier,
       (array['{text-classification,summarization}', '{translation}', '{question-answering,text-generation}'])[1 + n % 3]::text[],
       (array['{en}', '{de,en}', '{fr}', '{ja}'])[1 + n % 4]::text[], n * 100, n, words || ' number' || n
     from dataset_packages, generate_series(1, ?) n`,
    [PACKAGES - 1],
  );
  await owner.raw('analyze dataset_packages');
  await owner.destroy();
}

async function benchSearch(base: string): Promise<void> {
  process.stdout.write('query | p50 ms | p95 ms\n');
  for (const query of QUERIES) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const begin = performance.now();
      const response = await fetch(`${base}/datasets/catalog${query}`);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${query} was answered with ${String(response.status)}`);
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(1);
    process.stdout.write(`${query === '' ? '(all)' : query} | ${at(0.5)} | ${at(0.95)}\n`);
  }
}

/** Stage and apply, without the workflow between: what Postgres and the signature allow. */
async function benchGrants(
  database: Database,
  url: string,
  { env }: Parts,
  { slug, accepted }: { readonly slug: string; readonly accepted: string },
): Promise<void> {
  const owner = operatorPool(url);
  const users = Array.from({ length: GRANTS_EACH }, () => newId('user'));
  await owner('users').insert(users.map((id) => ({ id, email: `${id}@example.test`, displayName: 'B' })));
  await owner.destroy();
  const orgs = Array.from({ length: ORGANIZATIONS }, () => newId('org'));
  for (const id of orgs) await database.tenant(id, (tenant) => insertOrg(tenant, { name: 'Bench', sandboxOf: null }));
  for (const orgId of orgs)
    await database.tenant(orgId, async (tenant) => {
      await ensureMembership(tenant);
      const accessUntil = new Date(Date.now() + 3_600_000);
      await tenant.trx('paid_memberships').where({ orgId }).update({ accessUntil, compedUntil: accessUntil });
    });
  const activities = createGrantActivities({
    database,
    signer: createReceiptSigner(readFileSync(env['RECEIPT_KEY_FILE'] ?? '', 'utf8')),
    tokens: createTokens('bench'),
    logId: env['LEDGER_ORIGIN'] ?? '',
  });
  const grant = async (orgId: string, userId: string): Promise<void> => {
    const commandId = crypto.randomUUID();
    const wanted = { slug, version: null, acceptedSha256: accepted, purpose: 'To measure.', uses: ['evaluation'] };
    await database.tenant(orgId, (tenant) =>
      stageCommand(tenant, {
        commandId,
        kind: 'issueGrant',
        subjectId: newId('grant'),
        requestHash: '',
        actor: { kind: 'person', id: userId, role: 'owner', approver: true, authTime: '', requestId: 'bench' },
        payload: { ...wanted, files: null, principal: userId },
      }),
    );
    await activities.issueGrant({ orgId, commandId });
  };
  for (const parallel of [1, ORGANIZATIONS]) {
    const begin = performance.now();
    await Promise.all(
      orgs.slice(0, parallel).map(async (orgId) => {
        for (const userId of users.slice(0, GRANTS_EACH / 2)) await grant(orgId, userId);
      }),
    );
    const each = (parallel * GRANTS_EACH) / 2 / ((performance.now() - begin) / 1000);
    process.stdout.write(`${String(parallel)} organizations at once: ${each.toFixed(0)} grants/s\n`);
  }
}

async function benchDownload(parts: Parts, objects: ReturnType<typeof createObjectStore>): Promise<void> {
  const block = randomBytes(1024 * 1024);
  const hash = createHash('sha256');
  function* bytes(): Iterable<Buffer> {
    for (let at = 0; at < GIB; at += block.length) {
      hash.update(block);
      yield block;
    }
  }
  const key = objectKey('0'.repeat(64));
  await objects.putStream(key, Readable.from(bytes()), 'application/octet-stream');
  const wanted = hash.digest('hex');
  const link = await objects.signDownload(key, 'large.bin', 600);
  const apiSeconds = (): number => usageOf(parts.nursery).get('api')?.cpuSeconds ?? 0;
  const idle = apiSeconds();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const idled = apiSeconds() - idle;
  const before = apiSeconds();
  const begin = performance.now();
  const read = createHash('sha256');
  const response = await fetch(link);
  for await (const chunk of response.body ?? []) if (chunk instanceof Uint8Array) read.update(chunk);
  const took = (performance.now() - begin) / 1000;
  if (read.digest('hex') !== wanted) throw new Error('the download is not what was stored');
  const spent = apiSeconds() - before;
  process.stdout.write(
    `1 GiB through a link in ${took.toFixed(1)} s; the API used ${spent.toFixed(2)} s of processor time, and ${idled.toFixed(2)} s in 5 s of nothing\n`,
  );
}
