import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { keepSequencing, type LedgerDeps } from '../../activities/ledger.js';
import { createObjectStore } from '../../src/adapters/object-store.js';
import { openDatabase } from '../../src/db/database.js';
import { listen } from '../../src/db/listen.js';
import { auditLedger } from '../../src/ledger/audit.js';
import { registerKey } from '../../src/ledger/keys.js';
import { createProver } from '../../src/ledger/prover.js';
import { readLogSigners } from '../../src/ledger/signers.js';
import { createLog, findHead, findPublication, findPublishedCheckpoint, readLeaves } from '../../src/ledger/store.js';
import { startParts, type Parts } from '../stack/stack.js';
import { appendAll, type Sample } from './ledger-writers.js';

/** Leaves behind the ones that are measured. The largest takes some minutes to prepare. */
const BEHIND = [1, 1000, Number(process.env['BENCH_LEAVES'] ?? 1_000_000)] as const;
const WRITERS = [1, 32, 256] as const;
const PER_WRITER = { 1: 60, 32: 20, 256: 8 } as const;
/** The length of a hashedrekord leaf. */
const ENTRY_BYTES = 489;
const FILL = 100_000;
const PROOFS = 2000;
const LOG = 'ledger.bench.test/2026';

/** Appends through the sequencer, proofs and a full verification, on a durable database and the real object store. */
export async function benchLedger(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  const deps = await openLog(parts);
  const admin = new pg.Client({ connectionString: parts.env['DATABASE_URL'] });
  await admin.connect();
  let stopped = false;
  const sequencing = keepSequencing(
    deps,
    () => stopped,
    () => undefined,
  );
  try {
    for (const behind of BEHIND) {
      await fill(admin, deps, behind);
      for (const writers of WRITERS) {
        const before = await walOf(admin);
        const sample = await appendAll(deps, { writers, each: PER_WRITER[writers], bytes: ENTRY_BYTES });
        report(behind, writers, sample, (await walOf(admin)) - before);
      }
    }
    await proofs(deps);
    await storage(admin, deps);
    const { ok, size, checked, milliseconds } = await auditLedger(deps, 'full');
    print(
      `full verify: ok ${String(ok)}, ${String(size)} leaves, ${String(checked.tiles)} objects, ${String(milliseconds)} ms`,
    );
  } finally {
    stopped = true;
    await sequencing;
    await Promise.all([deps.queued.close(), admin.end()]);
    await deps.database.close();
    deps.objects.close();
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openLog({ env }: Parts): Promise<LedgerDeps> {
  const database = openDatabase(env['DATABASE_URL'] ?? '', 30);
  const read = (name: string): string => readFileSync(env[name] ?? '', 'utf8');
  const { logKey, cosigners, keys } = readLogSigners(LOG, {
    key: read('LEDGER_KEY_FILE'),
    mlDsa: read('LEDGER_MLDSA_KEY_FILE'),
  });
  await database.system(async (system) => {
    await createLog(system, LOG);
    for (const key of keys) await registerKey(system, key);
  });
  const objects = createObjectStore({
    endpoint: env['S3_ENDPOINT'] ?? '',
    region: 'us-east-1',
    accessKeyId: env['S3_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['S3_SECRET_ACCESS_KEY'] ?? '',
    bucket: 'defendable-ledger',
  });
  const queued = listen(env['DATABASE_URL'] ?? '', 'ledger_pending');
  return { database, objects, logId: LOG, logKey, cosigners, queued };
}

/** Brings the log to a size through the queue, many leaves a statement. */
async function fill(admin: pg.Client, { database, logId }: LedgerDeps, size: number): Promise<void> {
  for (;;) {
    const have = (await findHead(database.knex, logId))?.size ?? 0;
    if (have >= size && (await findPublication(database.knex, logId)).publishedSize >= have) return;
    const { rows } = await admin.query<{ pending: number }>('select count(*)::int as pending from ledger_pending');
    if (have < size && rows[0]?.pending === 0) {
      const salt = randomBytes(8).toString('hex');
      await admin.query(
        `insert into ledger_pending (log_id, leaf_id, entry, receipt_id, kind, org_alias)
         select $1, encode(sha256(entry), 'hex'), entry, 'rcp_' || i, 'run', 'bench'
         from (select i, convert_to(rpad($2 || i, $3, 'x'), 'UTF8') as entry from generate_series(1, $4::int) i) as made`,
        [logId, salt, ENTRY_BYTES, Math.min(FILL, size - have)],
      );
      await admin.query('notify ledger_pending');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function walOf(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query<{ bytes: string }>(`select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`);
  return Number(rows[0]?.bytes ?? 0);
}

async function proofs({ database, logId }: LedgerDeps): Promise<void> {
  const tree = await findPublishedCheckpoint(database.knex, logId);
  if (!tree) throw new Error('proofs: nothing is published');
  const prover = createProver(database.knex, logId);
  const times: number[] = [];
  for (let i = 0; i < PROOFS; i += 1) {
    // A thousand neighbours: their tiles are in memory after the first few.
    const index = Math.floor(tree.size / 2) + (i % 1000);
    const [leaf] = await readLeaves(database.knex, logId, Math.min(index, tree.size - 1), 1);
    if (!leaf) throw new Error('proofs: the leaf is not there');
    const begin = performance.now();
    await prover.inclusion(leaf.idx, leaf.leafHash, tree);
    times.push(performance.now() - begin);
  }
  print(`inclusion proof, warm: p50 ${rank(times, 0.5).toFixed(2)} ms, p99 ${rank(times, 0.99).toFixed(2)} ms`);
}

async function storage(admin: pg.Client, { database, logId }: LedgerDeps): Promise<void> {
  const size = (await findHead(database.knex, logId))?.size ?? 1;
  const { rows } = await admin.query<{ bytes: string }>(
    `select sum(pg_total_relation_size(name::regclass)) as bytes
     from unnest(array['ledger_leaf', 'ledger_subtree', 'ledger_checkpoint']) as name`,
  );
  print(`stored in Postgres, indexes counted: ${(Number(rows[0]?.bytes ?? 0) / size).toFixed(0)} bytes a leaf`);
}

function report(behind: number, writers: number, { perSecond, times, leaves }: Sample, wal: number): void {
  const [p50, p99] = [rank(times, 0.5), rank(times, 0.99)].map((time) => time.toFixed(0));
  print(
    `behind ${String(behind)}, writers ${String(writers)}: ${perSecond.toFixed(0)} appends/s, ` +
      `published p50 ${p50 ?? ''} ms, p99 ${p99 ?? ''} ms, ${(wal / leaves).toFixed(0)} bytes of WAL a leaf`,
  );
}

const rank = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? 0;
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
