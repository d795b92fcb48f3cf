import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createObjectStore } from '../../src/adapters/object-store.js';
import { MissingPart } from './missing-part.js';
import { cacheDir } from './paths.js';
import { eventually, freePort, type Nursery } from './processes.js';

const VERSION = 'v1.8.0';
const MODULE = 'github.com/versity/versitygw/cmd/versitygw';

export interface ObjectStorePart {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** S3_ENDPOINT with its keys if set; else versitygw over a folder. */
export async function startObjectStore(
  nursery: Nursery,
  folder: string,
  keys?: { accessKeyId: string; secretAccessKey: string },
): Promise<ObjectStorePart> {
  const external = process.env['S3_ENDPOINT'];
  if (external !== undefined) {
    return {
      endpoint: external,
      accessKeyId: process.env['S3_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: process.env['S3_SECRET_ACCESS_KEY'] ?? '',
    };
  }
  const binary = findGateway();
  const { accessKeyId, secretAccessKey } = keys ?? {
    accessKeyId: 'development',
    secretAccessKey: randomBytes(24).toString('hex'),
  };
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const start = async (extra: readonly string[]): Promise<void> => {
    const env = { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey };
    const gateway = nursery.run(
      'object-store',
      binary,
      ['--port', `127.0.0.1:${String(port)}`, '--keep-alive', '--quiet', 'posix', ...extra, data],
      { env },
    );
    const store = createObjectStore({
      endpoint,
      region: 'us-east-1',
      accessKeyId,
      secretAccessKey,
      bucket: 'defendable-probe',
    });
    try {
      await eventually('versitygw', 15_000, () => store.ensureBucket());
      await store.putOnce('probe', Buffer.from('probe'), 'text/plain');
      if ((await store.head('probe'))?.sha256 === undefined) throw new Error('the folder keeps no extended attributes');
    } catch (error) {
      await gateway.stop();
      throw error;
    } finally {
      store.close();
    }
  };
  try {
    await start([]);
  } catch {
    const sidecar = join(folder, 'attributes');
    mkdirSync(sidecar, { recursive: true });
    await start(['--sidecar', sidecar]);
  }
  return { endpoint, accessKeyId, secretAccessKey };
}

/** On PATH, in the cache, or built once by Go. */
function findGateway(): string {
  const onPath = spawnSync('versitygw', ['--version']);
  if (onPath.status === 0) return 'versitygw';
  const bin = join(cacheDir, 'versitygw', VERSION);
  const cached = join(bin, 'versitygw');
  if (existsSync(cached)) return cached;
  process.stderr.write(`Building versitygw ${VERSION} with Go, once (some minutes) …\n`);
  const built = spawnSync('go', ['install', `${MODULE}@${VERSION}`], {
    env: { ...process.env, GOBIN: bin, GOFLAGS: '-trimpath' },
    encoding: 'utf8',
  });
  if (existsSync(cached)) return cached;
  throw new MissingPart(
    'An S3 server',
    [
      'versitygw: not on PATH',
      `go install ${MODULE}@${VERSION}: ${(built.stderr || String(built.error)).trim().slice(-300)}`,
    ],
    [
      'set S3_ENDPOINT, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to a server that runs already',
      'install Go 1.24 or newer',
      `put versitygw ${VERSION} on PATH`,
    ],
  );
}
