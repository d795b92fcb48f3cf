import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import { createWatchdogActivities } from '../../activities/watchdogs.js';
import { noWatch } from '../../src/watchdogs/schema.js';
import { takeSignal } from '../../src/watchdogs/store.js';
import { openDatabase, type Database } from '../../src/db/database.js';
import { operatorPool } from '../../src/db/migration-pool.js';
import { startParts } from '../stack/stack.js';

const CROWD = 10_000;
const SECONDS = 5;
const ORG = 'org_bench';
const counted = z.object({ rows: z.tuple([z.object({ p50: z.number(), p99: z.number(), incidents: z.number() })]) });

/** Signals as the API takes them, beside a bare UPDATE of one row; a crowd that is due at once; detection under a 1 s sweep. */
export async function benchWatchdog(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dc-bench-'));
  const parts = await startParts({ folder, ui: false, fixedPorts: false, durable: true });
  const url = parts.env['DATABASE_URL'] ?? '';
  const database = openDatabase(url, 20);
  try {
    await populate(url);
    process.stdout.write('clients | pings/s | bare updates/s | ratio\n');
    for (const clients of [1, 8, 32]) {
      const ours = await perSecond(clients, (n) => ping(database, n));
      const bare = await perSecond(clients, (n) =>
        database.knex.raw(`select bench_touch(?, ?)`, [ORG, `agp_bench${String(n % CROWD)}`]),
      );
      const row = [String(clients), ours.toFixed(0), bare.toFixed(0), (ours / bare).toFixed(2)];
      process.stdout.write(`${row.join(' | ')}\n`);
    }
    await makeDue(url, `now() - interval '1 second' * 3600`);
    const begin = performance.now();
    const { opened } = await sweep(database);
    process.stdout.write(`one sweep of ${String(opened)} due: ${((performance.now() - begin) / 1000).toFixed(2)} s\n`);
    await detection(database, url);
  } finally {
    await database.close();
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const ping = (database: Database, n: number): Promise<unknown> =>
  takeSignal(database, {
    orgId: ORG,
    profileId: `agp_bench${String(n % CROWD)}`,
    signal: 'heartbeat',
    progressToken: null,
    message: null,
  });

async function perSecond(clients: number, work: (n: number) => PromiseLike<unknown>): Promise<number> {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  let next = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      await work((next += 1));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done / SECONDS;
}

async function sweep(database: Database): Promise<{ looked: number; opened: number }> {
  const activities = createWatchdogActivities({ database });
  return new MockActivityEnvironment().run(() => activities.sweepWatchdogs());
}

/** Agents whose deadlines come evenly over ten seconds, under a sweep each second: how late each is noticed. */
async function detection(database: Database, url: string): Promise<void> {
  await makeDue(url, `now() - interval '58 seconds' + interval '1 second' * (random() * 10)`);
  const begun = Date.now();
  while (Date.now() < begun + 16_000) {
    await sweep(database);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const owner = operatorPool(url);
  const answer: unknown = await owner.raw(
    `select percentile_cont(0.5) within group (order by extract(epoch from detected_at - occurred_at))::float as p50,
       percentile_cont(0.99) within group (order by extract(epoch from detected_at - occurred_at))::float as p99,
       count(*)::int as incidents from incidents where detected_at >= ?`,
    [new Date(begun)],
  );
  await owner.destroy();
  const { p50, p99, incidents } = counted.parse(answer).rows[0];
  process.stdout.write(
    `${String(incidents)} detected after their deadline under a 1 s sweep: p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s\n`,
  );
}

async function populate(url: string): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(`insert into users (id, email, display_name) values ('usr_bench', 'bench@example.test', 'B')`);
  await owner.raw(`insert into orgs (id, name, alias) values ('${ORG}', 'Bench', 'bench')`);
  await owner.raw(
    `insert into agent_profiles (id, org_id, name, state, snapshot_digest, snapshot, created_by)
     select 'agp_bench' || n, '${ORG}', 'bench ' || n, 'active', '', '{}', 'usr_bench' from generate_series(0, ?) n`,
    [CROWD - 1],
  );
  const config = { ...noWatch, mode: 'heartbeat', period_seconds: 60, grace_seconds: 0 };
  await owner.raw(
    `insert into watchdogs (profile_id, org_id, mode, config, period_seconds, ping_hash, badge_hash)
     select 'agp_bench' || n, '${ORG}', 'heartbeat', ?, 60, 'p' || n, 'b' || n from generate_series(0, ?) n`,
    [JSON.stringify(config), CROWD - 1],
  );
  await owner.raw(`create function bench_touch(p_org text, p_id text) returns void language plpgsql as $$ begin
    perform set_config('app.org_id', p_org, true);
    update watchdogs set last_signal_at = now() where org_id = p_org and profile_id = p_id; end $$`);
  await owner.destroy();
}

/** Sets every agent back to up, silent since a time; what was opened before is closed. */
async function makeDue(url: string, since: string): Promise<void> {
  const owner = operatorPool(url);
  await owner.raw(`update incidents set state = 'cancelled'`);
  await owner.raw(
    `update watchdogs w set health = 'up', baseline_at = s.at, last_signal_at = null, look_at = s.at + interval '60 seconds',
       window_start = null, good_signals = 0 from (select profile_id, ${since} as at from watchdogs) s
     where s.profile_id = w.profile_id`,
  );
  await owner.raw('analyze watchdogs');
  await owner.destroy();
}
